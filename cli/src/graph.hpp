// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The running system as the broker tells it, as plain values.
namespace rtctl {

struct Endpoint {
  std::string node;
  std::string type;
  std::string type_id;
  std::uint32_t depth = 0;      ///< subscribers
  std::uint32_t history = 0;    ///< publishers
  std::uint64_t max_bytes = 0;  ///< publishers
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
};

struct Topic {
  std::string name;
  std::string group;
  std::vector<std::string> types;
  std::vector<Endpoint> publishers;
  std::vector<Endpoint> subscribers;
};

struct Node {
  std::string name;
  std::string group;
  std::string state;
  int pid = 0;
  std::string process;
};

struct Edge {
  std::string topic;
  std::string group;
  std::string from;
  std::string to;
  std::string text;  ///< the path of a connection, or the reason why there is none
};

struct Graph {
  std::uint64_t generation = 0;
  std::vector<Topic> topics;  ///< by name
  std::vector<Node> nodes;    ///< by name
  std::vector<Edge> edges;
  std::vector<Edge> mismatches;
  std::map<std::string, std::string> types;  ///< type id -> tactus::serialize_type()
};

/// Throws Failure when the text is not the broker's graph.
[[nodiscard]] Graph parse_graph(std::string_view json);

/// True when any topic or node belongs to a group: listings then show which.
[[nodiscard]] bool has_groups(const Graph& graph);

/// The topic or node of that name in that group. Throws Failure naming the nearest one, or the group it is
/// in.
[[nodiscard]] const Topic& find_topic(const Graph& graph, std::string_view name, std::string_view group);
[[nodiscard]] const Node& find_node(const Graph& graph, std::string_view name, std::string_view group);

/// What happened on a topic between two looks at the counters.
struct TopicRate {
  double hz = 0;
  double bytes_per_second = 0;
  std::uint64_t dropped = 0;  ///< between the two looks
};
[[nodiscard]] TopicRate rate_between(const Topic& before, const Topic& after, double seconds);

}  // namespace rtctl
