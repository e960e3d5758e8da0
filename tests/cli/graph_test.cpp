// SPDX-License-Identifier: Apache-2.0
#include "graph.hpp"

#include <gmock/gmock.h>

#include <array>

#include "command.hpp"

namespace rtctl {
namespace {

using testing::HasSubstr;

constexpr const char* kGraph = R"({
  "generation": 3,
  "processes": [{"id": 7, "pid": 1234, "name": "main", "group": "", "kind": "host"}],
  "nodes": [{"name": "/tracker", "group": "", "process": 7, "state": "running", "runs": 4, "run_ns_total": 400,
             "metrics": [{"name": "error", "unit": "mm", "count": 3, "mean": 1.5}]}],
  "topics": [
    {"name": "/pose", "group": "left", "types": ["geometry_msgs/msg/Pose"], "publishers": [], "subscribers": []},
    {"name": "/imu", "group": "", "types": ["sensor_msgs/msg/Imu"],
     "publishers": [{"node": "/a", "type": "sensor_msgs/msg/Imu", "type_id": "00", "history": 1, "max_bytes": 400,
                     "counters": {"messages": 100, "bytes": 40000, "dropped": 1, "bytes_min": 380, "bytes_max": 420}}],
     "subscribers": [{"node": "/tracker", "type": "sensor_msgs/msg/Imu", "type_id": "00", "depth": 8,
                      "counters": {"messages": 90, "bytes": 36000, "dropped": 10, "age_ns_total": 900, "age_ns_max": 50}}]}],
  "edges": [{"topic": "/imu", "group": "", "from": "/a", "to": "/tracker", "path": "same process"}],
  "mismatches": [],
  "memory": {"pools": [{"chunk_bytes": 512, "chunks": 100, "used": 7, "reserved": 20, "least_free": 90, "lost": 1}]},
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
  EXPECT_EQ(run_ns_mean(graph.nodes.at(0)), 100.0);
  EXPECT_EQ(graph.nodes.at(0).metrics.at(0).unit, "mm");
  EXPECT_EQ(age_ns_mean(graph.topics[0].subscribers.at(0)), 10.0);
  EXPECT_EQ(graph.edges.at(0).text, "same process");
  const Pool& pool = graph.pools.at(0);
  EXPECT_EQ(pool.chunk_bytes, 512U);
  EXPECT_EQ((std::array{pool.chunks, pool.used, pool.reserved, pool.least_free, pool.lost}),
            (std::array{100U, 7U, 20U, 90U, 1U}));
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

TEST(Sizes, AreThoseOfAllPublishersThatPublished) {
  Topic topic = find_topic(parse_graph(kGraph), "/imu", "");
  topic.publishers.emplace_back().node = "/silent";
  topic.publishers.push_back(topic.publishers[0]);
  topic.publishers.back().bytes_min = 100;
  const MessageSizes sizes = sizes_of(topic);
  EXPECT_EQ(sizes.min, 100.0);
  EXPECT_EQ(sizes.mean, 400.0);
  EXPECT_EQ(sizes.max, 420.0);
  EXPECT_EQ(sizes_of(Topic{}).max, 0.0);
}

TEST(Ages, AreThoseOfTheMessagesInBetween) {
  const Topic before = find_topic(parse_graph(kGraph), "/imu", "");
  Topic after = before;
  after.subscribers[0].messages += 10;
  after.subscribers[0].age_ns_total += 2000;
  after.subscribers[0].age_ns_max = 700;
  const std::vector<Age> ages = ages_between(before, after);
  ASSERT_EQ(ages.size(), 1U);
  EXPECT_EQ(ages[0].node, "/tracker");
  EXPECT_EQ(ages[0].messages, 10U);
  EXPECT_EQ(ages[0].mean_ns, 200.0);
  EXPECT_EQ(ages[0].max_ns, 700.0);
  EXPECT_EQ(ages_between(before, before)[0].messages, 0U);
}

}  // namespace
}  // namespace rtctl
