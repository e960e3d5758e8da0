// SPDX-License-Identifier: Apache-2.0
#include "chrome_trace.hpp"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "flight_story.hpp"

namespace tactus {
namespace {

using Json = nlohmann::json;

class ChromeTraceTest : public testing::Test {
 protected:
  /// Two processes; /source of the first publishes /imu, which /sink of the second takes.
  ChromeTraceTest() {
    const auto sensor = first_.thread("sensor", 80);
    const auto source = first_.node("/source");
    const auto out = first_.endpoint("/imu", 77, true);
    first_.begin(sensor, source, 1, {0, 0, 100});
    first_.publish(sensor, source, out, 5, 90);
    first_.end(sensor, source, 1, {0, 0, 100});
    second_.process.name = "vision";
    second_.process.pid = 300;
    const auto reader = second_.thread("reader", 50);
    const auto sink = second_.node("/sink", 50);
    const auto in = second_.endpoint("/imu", 78, false);
    second_.begin(reader, sink, 2, {90, 110, 300});
    second_.take(reader, sink, in, 77, 5, 110);
    second_.take(reader, sink, in, 77, 4, 110);  // its publication was overwritten
    second_.drop(reader, sink, in, 3, 120);
    second_.end(reader, sink, 2, {90, 110, 300});
  }
  Json events() {
    const std::vector<FlightProcess> processes{first_.process, second_.process};
    trace_ = chrome_trace(processes, find_misses(processes));
    return Json::parse(trace_.json).at("traceEvents");
  }
  static std::vector<Json> of_kind(const Json& events, const std::string& kind) {
    std::vector<Json> found;
    for (const Json& event : events) {
      if (event.at("ph") == kind) found.push_back(event);
    }
    return found;
  }
  Story first_, second_;
  ChromeTrace trace_;
};

TEST_F(ChromeTraceTest, EveryEventHasTheFieldsOfTheFormat) {
  for (const Json& event : events()) {
    const std::string kind = event.at("ph");
    EXPECT_TRUE(event.at("pid").is_number_integer()) << event;
    EXPECT_TRUE(event.at("tid").is_number_integer()) << event;
    EXPECT_TRUE(event.at("name").is_string()) << event;
    EXPECT_TRUE(kind == "M" || event.at("ts").is_number()) << event;
    EXPECT_GE(kind == "X" ? event.at("dur").get<double>() : 0, 0) << event;
    EXPECT_TRUE(kind != "i" || event.at("s") == "t") << event;
  }
}

TEST_F(ChromeTraceTest, ProcessesAndThreadsAreNamed) {
  std::map<std::string, std::string> names;
  for (const Json& event : of_kind(events(), "M")) names[event.at("args").at("name")] = event.at("name");
  EXPECT_EQ(names["main"], "process_name");
  EXPECT_EQ(names["vision"], "process_name");
  EXPECT_EQ(names["sensor"], "thread_name");
}

TEST_F(ChromeTraceTest, ACallIsASliceWithItsCycle) {
  const auto slices = of_kind(events(), "X");
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[1].at("name"), "/sink");
  EXPECT_EQ(slices[1].at("pid"), 300);
  EXPECT_DOUBLE_EQ(slices[1].at("ts"), 110.0);
  EXPECT_DOUBLE_EQ(slices[1].at("dur"), 190.0);
  EXPECT_EQ(slices[1].at("args").at("cycle"), 2);
  EXPECT_DOUBLE_EQ(slices[1].at("args").at("late_us"), 20.0);
  EXPECT_EQ(slices[1].at("args").at("deadline_missed"), true);
}

TEST_F(ChromeTraceTest, EveryArrowHasItsStartAndItsEnd) {
  const Json all = events();
  std::map<int, double> starts;
  for (const Json& start : of_kind(all, "s"))
    EXPECT_TRUE(starts.emplace(start.at("id"), start.at("ts")).second);
  const auto ends = of_kind(all, "f");
  ASSERT_EQ(ends.size(), 1u);
  ASSERT_EQ(starts.size(), 1u);
  EXPECT_EQ(trace_.messages, 1u);
  EXPECT_DOUBLE_EQ(starts.at(ends[0].at("id")), 90.0);
  EXPECT_DOUBLE_EQ(ends[0].at("ts"), 110.0);
  EXPECT_EQ(ends[0].at("name"), "/imu");
}

TEST_F(ChromeTraceTest, MissesAndDropsAreInstants) {
  std::vector<std::string> names;
  for (const Json& event : of_kind(events(), "i")) names.push_back(event.at("name"));
  EXPECT_THAT(names, testing::ElementsAre("/imu: 3 dropped", "deadline: /sink"));
}

TEST_F(ChromeTraceTest, TimesFollowEachOtherWithinAThread) {
  std::map<int, double> newest;
  for (const Json& event : events()) {
    if (event.at("ph") == "M") continue;
    double& last = newest[event.at("tid")];
    EXPECT_GE(event.at("ts").get<double>(), last) << event;
    last = event.at("ts");
  }
}

TEST_F(ChromeTraceTest, NothingIsAValidTrace) {
  EXPECT_TRUE(Json::parse(chrome_trace({}, {}).json).at("traceEvents").empty());
}

}  // namespace
}  // namespace tactus
