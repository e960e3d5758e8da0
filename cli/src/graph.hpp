// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/middleware/metric.hpp"

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
  std::uint64_t bytes_min = 0;    ///< publishers: of one message
  std::uint64_t bytes_max = 0;    ///< publishers
  std::int64_t age_ns_total = 0;  ///< subscribers: of `messages`, from capture until they were taken
  std::int64_t age_ns_max = 0;    ///< subscribers
  std::uint64_t unmatched = 0;    ///< subscribers: messages for which on_all found no partner
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
  std::uint64_t runs = 0;  ///< finished calls of step()
  std::int64_t run_ns_total = 0;
  std::int64_t run_ns_max = 0;
  std::uint64_t deadline_misses = 0;
  std::uint64_t skipped = 0;
  std::uint64_t faults = 0;
  std::uint64_t budget_overruns = 0;
  std::uint64_t stale_inputs = 0;
  std::vector<tactus::MetricSummary> metrics;
  std::vector<std::string> degradations;  ///< what its process asked of the machine and was denied
};

struct Edge {
  std::string topic;
  std::string group;
  std::string from;
  std::string to;
  std::string text;  ///< the path of a connection, or the reason why there is none
};

struct Process {
  std::uint32_t id = 0;  ///< of its page
  int pid = 0;
  std::string name;
  std::string group;
  bool ended = false;  ///< its page is kept for a while
};

/// The chunks of one size in shared memory.
struct Pool {
  std::uint64_t chunk_bytes = 0;
  std::uint32_t chunks = 0;
  std::uint32_t used = 0;
  std::uint32_t reserved = 0;
  std::uint32_t least_free = 0;  ///< of all times
  std::uint32_t lost = 0;        ///< by kills inside a call, at most
};

struct Graph {
  std::uint64_t generation = 0;  ///< of the broker
  std::vector<Pool> pools;
  std::vector<Process> processes;
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

/// Leaves only what belongs to this group. Throws Failure when nothing does, naming the nearest group.
void keep_group(Graph& graph, const std::string& group);

/// " in group 'left'"; nothing for the default group.
[[nodiscard]] std::string in_group(std::string_view group);

/// The topic or node of that name in that group. Throws Failure naming the nearest one, or the group it is
/// in.
[[nodiscard]] const Topic& find_topic(const Graph& graph, std::string_view name, std::string_view group);
[[nodiscard]] const Node& find_node(const Graph& graph, std::string_view name, std::string_view group);

/// 0 when it never ran, or took nothing.
[[nodiscard]] double run_ns_mean(const Node& node);
[[nodiscard]] double age_ns_mean(const Endpoint& subscriber);

/// What happened on a topic between two looks at the counters.
struct TopicRate {
  double hz = 0;
  double bytes_per_second = 0;
  std::uint64_t dropped = 0;  ///< between the two looks
};
[[nodiscard]] TopicRate rate_between(const Topic& before, const Topic& after, double seconds);

/// Sizes of all messages of a topic so far; 0 when there were none.
struct MessageSizes {
  double min = 0;
  double mean = 0;
  double max = 0;
};
[[nodiscard]] MessageSizes sizes_of(const Topic& topic);

/// How old messages were when a subscriber took them.
struct Age {
  std::string node;
  std::uint64_t messages = 0;  ///< between the two looks
  double mean_ns = 0;          ///< of those
  double max_ns = 0;           ///< of all so far
};
[[nodiscard]] std::vector<Age> ages_between(const Topic& before, const Topic& after);

}  // namespace rtctl
