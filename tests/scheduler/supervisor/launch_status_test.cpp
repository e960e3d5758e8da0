// SPDX-License-Identifier: Apache-2.0
#include "launch_status.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace tactus {
namespace {

using nlohmann::json;
using testing::SizeIs;
using namespace std::chrono_literals;

json endpoint(int pid, int messages, int dropped, std::int64_t age_ns_total = 0,
              std::int64_t age_ns_max = 0) {
  return {{"pid", pid},
          {"node", pid == 7 ? "/tracker" : "/stranger"},
          {"counters",
           {{"messages", messages},
            {"first_ns", 1'000'000'000'000},
            {"last_ns", 1'003'000'000'000},
            {"dropped", dropped},
            {"unmatched", 3},
            {"age_ns_total", age_ns_total},
            {"age_ns_max", age_ns_max}}}};
}

std::string graph(int messages) {
  const json error{{"name", "error"}, {"unit", "mm"}, {"count", 9},  {"rejected", 0}, {"last", 3},
                   {"min", 1},        {"max", 5},     {"mean", 2.5}, {"p50", 2},      {"p99", 4}};
  const json node{{"name", "/tracker"},   {"pid", 7},
                  {"state", "running"},   {"runs", 4},
                  {"run_ns_total", 400},  {"run_ns_max", 250},
                  {"deadline_misses", 1}, {"skipped", 2},
                  {"faults", 0},          {"budget_overruns", 5},
                  {"stale_inputs", 6},    {"metrics", json::array({error})}};
  json stranger = node;
  stranger.update({{"name", "/stranger"}, {"pid", 8}});
  const json image{{"name", "/image"},
                   {"types", json::array({"sensor_msgs/msg/Image"})},
                   {"publishers", json::array({endpoint(8, messages, 1)})},
                   {"subscribers", json::array({endpoint(7, 9, 2, 900, 300)})}};
  const json theirs{{"name", "/theirs"},
                    {"types", json::array({"x/msg/Y"})},
                    {"publishers", json::array({endpoint(8, 5, 0)})},
                    {"subscribers", json::array()}};
  return json{{"nodes", json::array({node, stranger})}, {"topics", json::array({image, theirs})}}.dump();
}

class ReadGraph : public testing::Test {
 protected:
  LaunchStatus read(int messages) {
    LaunchStatus status;
    read_graph(graph(messages), {{7, "vision"}}, 2s, before_, status);
    return status;
  }
  std::map<std::string, std::uint64_t> before_;
};

TEST_F(ReadGraph, ShowsTheNodesOfTheLaunchOnly) {
  const LaunchStatus status = read(10);
  ASSERT_THAT(status.nodes, SizeIs(1));
  EXPECT_EQ(status.nodes[0].name, "/tracker");
  EXPECT_EQ(status.nodes[0].process, "vision");
  EXPECT_EQ(status.nodes[0].run_time_mean, 100ns);
  EXPECT_EQ(status.nodes[0].run_time_max, 250ns);
  EXPECT_EQ(status.nodes[0].budget_overruns, 5u);
  EXPECT_EQ(status.nodes[0].stale_inputs, 6u);
}

TEST_F(ReadGraph, ShowsWhatANodeMeasures) {
  const auto metrics = read(10).nodes.at(0).metrics;
  ASSERT_THAT(metrics, SizeIs(1));
  EXPECT_EQ(metrics[0].name, "error");
  EXPECT_EQ(metrics[0].unit, "mm");
  EXPECT_EQ(metrics[0].count, 9u);
  EXPECT_EQ(metrics[0].p99, 4);
}

TEST_F(ReadGraph, ShowsTheAgeOfMessagesWhenTheyAreTaken) {
  const TopicStatus image = read(10).topics.at(0);
  EXPECT_EQ(image.age_mean, 100ns);
  EXPECT_EQ(image.age_max, 300ns);
}

TEST_F(ReadGraph, ShowsTheTopicsItUsesWithDropsOfBothEnds) {
  const LaunchStatus status = read(10);
  ASSERT_THAT(status.topics, SizeIs(1));
  EXPECT_EQ(status.topics[0].name, "/image");
  EXPECT_EQ(status.topics[0].dropped, 3u);
  EXPECT_EQ(status.topics[0].unmatched, 3u);
  EXPECT_EQ(status.topics[0].publishers, 1u);
}

TEST_F(ReadGraph, RatesAreOverTheTimeSinceTheLastSnapshot) {
  EXPECT_DOUBLE_EQ(read(10).topics[0].rate_hz, 5.0);
  EXPECT_DOUBLE_EQ(read(50).topics[0].rate_hz, 20.0);
  EXPECT_DOUBLE_EQ(read(3).topics[0].rate_hz, 0.0) << "the publisher is another one";
  EXPECT_DOUBLE_EQ(read(10).topics[0].mean_rate_hz, 3.0) << "nine intervals in three seconds";
  EXPECT_DOUBLE_EQ(read(1).topics[0].mean_rate_hz, 0.0);
}

}  // namespace
}  // namespace tactus
