// SPDX-License-Identifier: Apache-2.0
#include "launch_record.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

tactus::LaunchStatus at(std::chrono::nanoseconds elapsed, std::uint64_t messages, double rate_hz = 0) {
  tactus::LaunchStatus status;
  status.elapsed = elapsed;
  tactus::TopicStatus topic;
  topic.name = "/imu";
  topic.messages = messages;
  topic.mean_rate_hz = rate_hz;
  status.topics = {topic};
  return status;
}

TEST(LaunchRecord, KnowsTheRatesOfTheNewestSnapshot) {
  LaunchRecord record;
  record.add(at(2s, 10, 90));
  record.add(at(4s, 210, 100));
  EXPECT_DOUBLE_EQ(record.mean_rate("/imu"), 100.0);
  EXPECT_DOUBLE_EQ(record.mean_rate("/nothing"), 0.0);
}

TEST(LaunchRecord, DoesNotTakeSilenceForARate) {
  LaunchRecord record;
  record.add(at(1s, 100, 100));
  record.add(at(2s, 200, 100));
  record.add(at(3s, 200, 100));
  EXPECT_THAT(record.missed({{"/imu", 95, 105}}), IsEmpty()) << "a pause";
  record.add(at(5s, 200, 100));
  EXPECT_THAT(record.missed({{"/imu", 95, 105}}), ElementsAre("/imu has been silent for 3.0 s"));
  tactus::LaunchStatus ended = at(6s, 200, 100);
  ended.topics[0].finished = true;
  record.add(ended);
  EXPECT_THAT(record.missed({{"/imu", 95, 105}}), IsEmpty()) << "a recording that has come to its end";
}

TEST(LaunchRecord, SaysWhichExpectationDidNotHold) {
  LaunchRecord record;
  record.add(at(1s, 1));
  record.add(at(3s, 201, 100));
  EXPECT_THAT(record.missed({{"/imu", 95, 105}}), IsEmpty());
  EXPECT_THAT(record.missed({{"/imu", 190, 210}, {"/pose", 1, 2}}),
              ElementsAre("/imu ran at 100.0 Hz, expected were 190 to 210 Hz",
                          "/pose ran at 0.0 Hz, expected were 1 to 2 Hz"));
}

TEST(LaunchRecord, ExpectationsAreInTheTimeOfTheGroupsClock) {
  LaunchRecord record;
  for (auto status : {at(1s, 1), at(3s, 201, 200)}) {
    status.clock_rate = 0.5;
    record.add(status);
  }
  EXPECT_THAT(record.missed({{"/imu", 195, 205}}), IsEmpty());
  EXPECT_THAT(record.summary_text(), HasSubstr("3.0 s, the group's clock at rate 0.5"));
  EXPECT_DOUBLE_EQ(record.mean_rate("/imu"), 100);  // of real time
}

TEST(LaunchRecord, KeepsWhatWasKnownOfADeadNode) {
  tactus::LaunchStatus status;
  tactus::NodeStatus node;
  node.name = "/tracker";
  node.state = "running";
  node.runs = 1234;
  status.nodes = {node};
  LaunchRecord record;
  record.add(status);
  status.nodes[0] = {};
  status.nodes[0].name = "/tracker";
  status.nodes[0].state = "dead";
  status.processes = {{"main", 42, false, "was killed by SIGKILL", "given up", true},
                      {"other", 43, false, "exited with 0", "ended"}};
  record.add(status);
  EXPECT_THAT(record.summary_text(), HasSubstr("1234"));
  EXPECT_THAT(record.summary_text(), HasSubstr("dead"));
  EXPECT_THAT(record.failures(), ElementsAre("process 'main' (pid 42) was killed by SIGKILL"));
}

TEST(LaunchRecord, ANodeHasEndedHoweverItDid) {
  tactus::LaunchStatus status;
  status.nodes.resize(1);
  status.nodes[0].name = "/player";
  LaunchRecord record;
  EXPECT_FALSE(record.ended("/player"));
  for (const auto& [state, ended] : std::map<std::string, bool>{
           {"starting", false}, {"running", false}, {"stopped", true}, {"faulted", true}, {"dead", true}}) {
    status.nodes[0].state = state;
    record.add(status);
    EXPECT_EQ(record.ended("/player"), ended) << state;
  }
}

TEST(LaunchRecord, ShowsAgesAndMetrics) {
  tactus::LaunchStatus status = at(1s, 1);
  status.topics[0].age_mean = 1500us;
  status.topics[0].age_max = 3ms;
  tactus::NodeStatus node;
  node.name = "/error";
  node.metrics.push_back({.name = "position_error", .unit = "mm", .count = 2, .mean = 1.25});
  status.nodes = {node};
  LaunchRecord record;
  record.add(status);
  EXPECT_THAT(record.live_text(), HasSubstr("1.5 ms  3.0 ms"));
  EXPECT_THAT(record.summary_text(), testing::ContainsRegex("/error +position_error +mm +2"));
  EXPECT_EQ(record.json()["nodes"][0]["metrics"][0]["mean"], 1.25);
  EXPECT_EQ(record.json()["topics"][0]["age_ns_max"], 3'000'000);
}

TEST(LaunchRecord, SaysWhatIsRareOnlyWhenItHappened) {
  tactus::LaunchStatus status = at(1s, 1);
  status.nodes.emplace_back().name = "/tracker";
  LaunchRecord record;
  record.add(status);
  EXPECT_THAT(record.summary_text(), testing::Not(HasSubstr("partner")));
  EXPECT_THAT(record.summary_text(), testing::Not(HasSubstr("budget")));
  status.topics[0].unmatched = 2;
  status.nodes[0].budget_overruns = 1;
  status.nodes[0].stale_inputs = 3;
  record.add(status);
  EXPECT_THAT(record.summary_text(), HasSubstr("/imu: 2 messages found no partner for on_all\n"));
  EXPECT_THAT(record.summary_text(), HasSubstr("/tracker: 1 call ran longer than the budget\n"));
  EXPECT_THAT(record.summary_text(), HasSubstr("/tracker: an input became stale 3 times\n"));
}

TEST(LaunchRecord, TellsHowOftenAProcessWasStartedAgain) {
  tactus::LaunchStatus status;
  status.processes.resize(1);
  status.processes[0].name = "main";
  status.processes[0].restarts = 2;
  LaunchRecord record;
  record.add(status);
  EXPECT_THAT(record.summary_text(), HasSubstr("process 'main' was started again 2 times\n"));
  EXPECT_THAT(record.failures(), IsEmpty());
}

TEST(LaunchRecord, ANodeThatIsFaultedAtTheEndIsAFailureOneThatRunsAgainIsNone) {
  tactus::LaunchStatus status;
  tactus::NodeStatus node;
  node.name = "/detector";
  node.state = "running";
  node.faults = 1;
  status.nodes = {node};
  node.name = "/tracker";
  node.state = "faulted";
  status.nodes.push_back(node);
  LaunchRecord record;
  record.add(status);
  EXPECT_THAT(record.failures(), ElementsAre("node /tracker faulted"));
}

}  // namespace
}  // namespace rtctl
