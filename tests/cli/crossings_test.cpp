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
               {"topic": "/image", "direction": "out", "sent": 7, "shed": 4, "priority": 5, "shedding": true},
               {"topic": "/image", "direction": "in", "received": 5, "writers": [{"host": "robot", "last_second":
                 {"sent": 9, "received": 6, "lost": 2, "under_way": 1, "shed": 4, "overwritten": 3, "refused": 0}}]},
               {"topic": "/pose", "direction": "in", "received": 5, "lost": 3}],
    "refusals": [{"topic": "/odd", "reason": "type differs"}]}}]})";

TEST(Crossings, AreCountedPerDirection) {
  EXPECT_THAT(crossings_text(kGraph, "/imu", ""),
              HasSubstr("network out: 7 sent to 2 readers, 1 overwritten"));
  EXPECT_THAT(crossings_text(kGraph, "/pose", ""), HasSubstr("network in: 5 received, 3 lost"));
  EXPECT_THAT(crossings_text(kGraph, "/odd", ""), HasSubstr("does not cross: type differs"));
}

TEST(Crossings, SayWhatIsShedAndWhatNeverIs) {
  EXPECT_THAT(crossings_text(kGraph, "/imu", ""), HasSubstr("; never shed\n"));
  EXPECT_THAT(crossings_text(kGraph, "/image", ""), HasSubstr("4 shed, 0 refused; priority 5, shed now\n"));
}

TEST(Crossings, BalanceTheLastSecondOfBothHosts) {
  EXPECT_THAT(crossings_text(kGraph, "/image", ""),
              HasSubstr("from robot, a second: 9 sent = 6 received + 2 lost + 1 under way; 4 shed, 3 "
                        "overwritten, 0 refused\n"));
}

TEST(Crossings, OfOtherTopicsAndGroupsAreLeftOut) {
  EXPECT_EQ(crossings_text(kGraph, "/other", ""), "");
  EXPECT_EQ(crossings_json(kGraph, "/imu", "blue"), "[]");
}

}  // namespace
}  // namespace rtctl
