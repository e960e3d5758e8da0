// SPDX-License-Identifier: Apache-2.0
#include "descriptions.hpp"

#include <gtest/gtest.h>

namespace tactus::mesh {
namespace {

TEST(Descriptions, AHostComesBackAsItWasTold) {
  HostDescription host{"robot", {"eth0 10.0.0.1", "eth1 10.1.0.1"}, 17, 99,
                       0.5,     {"/tracker", "/planner"},           {}};
  for (int i = 0; i < 50; ++i)
    host.topics.push_back({"/topic" + std::to_string(i),
                           "sensor_msgs/msg/Imu",
                           "0123456789abcdef",
                           {"/tracker"},
                           {"/planner", "/other"},
                           i % 2 == 0});
  const auto message = to_message(host, 5);
  EXPECT_EQ(message->id, 5U);
  EXPECT_EQ(to_description(*message), host);
  EXPECT_EQ(to_description(*to_message(HostDescription{}, 1)), HostDescription{});
}

TEST(Descriptions, ALedgerComesBackAsItWasTold) {
  const Ledger ledger{42,
                      43,
                      44,
                      {{"/imu", 10, 1, 2, 3, 4, true, {1, 2, 3, 4, 5, 6}},
                       {"/a/long/name/of/a/topic/that/is/no/short/string", 20, 5, 6, 7, 8, false, {}}},
                      {{11, -3, 4, 5}, {12, 6, 7, 8}},
                      {{11, 1, 2}, {12, 3, 4}, {13, 5, 6}}};
  EXPECT_EQ(to_ledger(*to_message(ledger, 5)), ledger);
}

}  // namespace
}  // namespace tactus::mesh
