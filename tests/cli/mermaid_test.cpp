// SPDX-License-Identifier: Apache-2.0
#include "mermaid.hpp"

#include <gmock/gmock.h>

namespace rtctl {
namespace {

using testing::HasSubstr;
using testing::Not;

Graph two_nodes() {
  Graph graph;
  graph.nodes.resize(2);
  graph.nodes[0].name = "/a";
  graph.nodes[0].state = "running";
  graph.nodes[0].pid = 7;
  graph.nodes[0].process = "main";
  graph.nodes[1].name = "/b";
  graph.nodes[1].state = "faulted";
  graph.nodes[1].pid = 8;
  graph.nodes[1].process = "vision";
  Topic imu{"/imu", "", {"sensor_msgs/msg/Imu"}, {}, {}};
  imu.publishers.emplace_back().node = "/a";
  imu.subscribers.emplace_back().node = "/b";
  imu.subscribers.back().dropped = 3;
  graph.topics = {imu};
  graph.edges = {{"/imu", "", "/a", "/b", "shared memory"}};
  return graph;
}

TEST(Mermaid, DrawsProcessesNodesTopicsAndDrops) {
  EXPECT_EQ(mermaid(two_nodes(), {{{"", "/imu"}, 200.0}}),
            "flowchart LR\n"
            "  subgraph p7[\"main (pid 7)\"]\n"
            "    n1[\"/a\"]\n"
            "  end\n"
            "  subgraph p8[\"vision (pid 8)\"]\n"
            "    n2[\"/b<br>faulted\"]:::bad\n"
            "  end\n"
            "  t1([\"/imu<br>sensor_msgs/msg/Imu<br>200.0 Hz\"]):::topic\n"
            "  n1 --> t1\n"
            "  t1 -->|\"3 dropped\"| n2\n"
            "  classDef topic fill:#eef,stroke:#88a\n"
            "  classDef bad fill:#fdd,stroke:#c00\n");
}

TEST(Mermaid, ShowsWhyTwoDoNotConnect) {
  Graph graph = two_nodes();
  graph.mismatches = {{"/imu", "", "/a", "/b", "field \"w\": float64 here"}};
  graph.edges.clear();
  const std::string text = mermaid(graph, {});
  EXPECT_THAT(text, HasSubstr("  n1 -. \"field #quot;w#quot;: float64 here\" .-x n2\n"));
  EXPECT_THAT(text, Not(HasSubstr("t1 -->")));
}

TEST(Mermaid, DrawsProgramsThatAreNoNodes) {
  Graph graph = two_nodes();
  graph.topics[0].publishers.emplace_back().node = "/rtctl_pub_9";
  EXPECT_THAT(mermaid(graph, {}), HasSubstr("  n3[\"/rtctl_pub_9\"]\n  n3 --> t1\n"));
}

}  // namespace
}  // namespace rtctl
