// SPDX-License-Identifier: Apache-2.0
#include "graph.hpp"

#include <gmock/gmock.h>

#include "command.hpp"

namespace rtctl {
namespace {

using testing::HasSubstr;

constexpr const char* kGraph = R"({
  "generation": 3,
  "processes": [{"id": 7, "pid": 1234, "name": "main", "group": "", "kind": "host"}],
  "nodes": [{"name": "/tracker", "group": "", "process": 7, "state": "running"}],
  "topics": [
    {"name": "/pose", "group": "left", "types": ["geometry_msgs/msg/Pose"], "publishers": [], "subscribers": []},
    {"name": "/imu", "group": "", "types": ["sensor_msgs/msg/Imu"],
     "publishers": [{"node": "/a", "type": "sensor_msgs/msg/Imu", "type_id": "00", "history": 1, "max_bytes": 400,
                     "counters": {"messages": 100, "bytes": 40000, "dropped": 1}}],
     "subscribers": [{"node": "/tracker", "type": "sensor_msgs/msg/Imu", "type_id": "00", "depth": 8,
                      "counters": {"messages": 90, "bytes": 36000, "dropped": 10}}]}],
  "edges": [{"topic": "/imu", "group": "", "from": "/a", "to": "/tracker", "path": "same process"}],
  "mismatches": [],
  "types": {"00": "{}"}
})";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
    return "none";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

TEST(Graph, IsReadAsTheBrokerTellsIt) {
  const Graph graph = parse_graph(kGraph);
  EXPECT_EQ(graph.generation, 3U);
  ASSERT_EQ(graph.topics.size(), 2U);
  EXPECT_EQ(graph.topics[0].name, "/imu");
  EXPECT_EQ(graph.topics[0].publishers.at(0).messages, 100U);
  EXPECT_EQ(graph.topics[0].subscribers.at(0).depth, 8U);
  EXPECT_EQ(graph.nodes.at(0).pid, 1234);
  EXPECT_EQ(graph.nodes.at(0).process, "main");
  EXPECT_EQ(graph.edges.at(0).text, "same process");
  EXPECT_TRUE(has_groups(graph));
}

TEST(Graph, OfAnotherVersionIsAnErrorThatSaysSo) {
  EXPECT_THAT(error_of([] { (void)parse_graph("{\"topics\": [{}]}"); }), HasSubstr("another version"));
  EXPECT_THAT(error_of([] { (void)parse_graph("no json"); }), HasSubstr("another version"));
}

TEST(Graph, FindsTopicsWithAndWithoutTheSlash) {
  const Graph graph = parse_graph(kGraph);
  EXPECT_EQ(find_topic(graph, "imu", "").name, "/imu");
  EXPECT_EQ(find_topic(graph, "/pose", "left").name, "/pose");
}

TEST(Graph, NamesTheNearestTopicAndNode) {
  const Graph graph = parse_graph(kGraph);
  EXPECT_EQ(error_of([&] { (void)find_topic(graph, "/imuu", ""); }),
            "there is no topic '/imuu'; did you mean '/imu'?");
  EXPECT_EQ(error_of([&] { (void)find_node(graph, "traker", ""); }),
            "there is no node '/traker'; did you mean '/tracker'?");
}

TEST(Graph, NamesTheGroupATopicIsIn) {
  const Graph graph = parse_graph(kGraph);
  EXPECT_EQ(error_of([&] { (void)find_topic(graph, "/pose", ""); }),
            "there is no topic '/pose' in the default group, but one in group 'left': add --group left");
}

Topic published(std::vector<Endpoint> publishers) { return {"/t", "", {}, std::move(publishers), {}}; }

Endpoint counted(const char* node, std::uint64_t messages, std::uint64_t bytes) {
  Endpoint endpoint;
  endpoint.node = node;
  endpoint.messages = messages;
  endpoint.bytes = bytes;
  return endpoint;
}

TEST(TopicRate, IsTheGrowthOfAllPublishers) {
  const TopicRate rate = rate_between(published({counted("/a", 10, 100), counted("/b", 5, 50)}),
                                      published({counted("/a", 30, 300), counted("/b", 15, 150)}), 2.0);
  EXPECT_DOUBLE_EQ(rate.hz, 15.0);
  EXPECT_DOUBLE_EQ(rate.bytes_per_second, 150.0);
}

TEST(TopicRate, LeavesOutPublishersThatCameOrBeganAgain) {
  const TopicRate rate =
      rate_between(published({counted("/a", 10, 100), counted("/b", 500, 50)}),
                   published({counted("/a", 30, 300), counted("/b", 2, 20), counted("/c", 900, 9)}), 1.0);
  EXPECT_DOUBLE_EQ(rate.hz, 20.0);
}

}  // namespace
}  // namespace rtctl
