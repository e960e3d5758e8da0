// SPDX-License-Identifier: Apache-2.0
#include "crossings.hpp"

#include <gmock/gmock.h>

namespace rtctl {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGraph = R"({"processes": [
  {"name": "host"},
  {"name": "tactus-gateway", "group": "", "status": {
    "topics": [{"topic": "/imu", "direction": "out", "sent": 7, "readers": 2, "overwritten": 1},
               {"topic": "/pose", "direction": "in", "received": 5, "lost": 3}],
    "refusals": [{"topic": "/odd", "reason": "type differs"}]}}]})";

TEST(Crossings, AreCountedPerDirection) {
  EXPECT_THAT(crossings_text(kGraph, "/imu", ""),
              HasSubstr("network out: 7 sent to 2 readers, 1 overwritten"));
  EXPECT_THAT(crossings_text(kGraph, "/pose", ""), HasSubstr("network in: 5 received, 3 lost"));
  EXPECT_THAT(crossings_text(kGraph, "/odd", ""), HasSubstr("does not cross: type differs"));
}

TEST(Crossings, OfOtherTopicsAndGroupsAreLeftOut) {
  EXPECT_EQ(crossings_text(kGraph, "/other", ""), "");
  EXPECT_EQ(crossings_json(kGraph, "/imu", "blue"), "[]");
}

}  // namespace
}  // namespace rtctl
