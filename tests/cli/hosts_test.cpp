// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include <gmock/gmock.h>

#include "command.hpp"

namespace rtctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kGraph = R"({"processes": [
  {"name": "tactus-gateway", "group": "", "status": {"host": "here", "hosts": [
    {"name": "robot", "delay_ns": 31000000, "sheds": ["/image"], "offset_ns": -1500, "uncertainty_ns": 200},
    {"name": "laptop"}]}}]})";

TEST(Hosts, TellWhatTheyShedAndHowLongTheirSamplesWait) {
  const auto hosts = parse_hosts(kGraph, std::nullopt);
  ASSERT_THAT(hosts, SizeIs(2));
  EXPECT_EQ(hosts[0].delay_ns, 31'000'000);
  EXPECT_THAT(hosts[0].sheds, ElementsAre("/image"));
  EXPECT_EQ(hosts[1].delay_ns, 0) << "of a host that said nothing yet";
  EXPECT_THAT(hosts[1].sheds, SizeIs(0));
}

TEST(Hosts, HaveAClockOnceItHasBeenCompared) {
  const auto hosts = parse_hosts(kGraph, std::nullopt);
  EXPECT_THAT(offset_text(hosts[0]), HasSubstr("-1.5 us"));
  EXPECT_EQ(offset_text(hosts[1]), "-");
}

TEST(Hosts, AreOfNobodyWithoutAGateway) {
  EXPECT_THROW(static_cast<void>(parse_hosts(R"({"processes": []})", std::nullopt)), Failure);
  EXPECT_THROW(static_cast<void>(parse_hosts(kGraph, "blue")), Failure);
}

}  // namespace
}  // namespace rtctl
