// SPDX-License-Identifier: Apache-2.0
#include "graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "command.hpp"
#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::json;

const Json& list(const Json& json, const char* name) {
  static const Json none = Json::array();
  const auto found = json.find(name);
  return found == json.end() ? none : *found;
}

Endpoint endpoint_of(const Json& json) {
  const Json counters = json.value("counters", Json::object());
  return {json.value("node", ""),
          json.value("type", ""),
          json.value("type_id", ""),
          json.value("depth", 0U),
          json.value("history", 0U),
          json.value("max_bytes", std::uint64_t{0}),
          counters.value("messages", std::uint64_t{0}),
          counters.value("bytes", std::uint64_t{0}),
          counters.value("dropped", std::uint64_t{0}),
          counters.value("bytes_min", std::uint64_t{0}),
          counters.value("bytes_max", std::uint64_t{0}),
          counters.value("age_ns_total", std::int64_t{0}),
          counters.value("age_ns_max", std::int64_t{0}),
          counters.value("unmatched", std::uint64_t{0})};
}

Topic topic_of(const Json& json) {
  Topic topic{
      json.at("name"), json.value("group", ""), json.value("types", std::vector<std::string>{}), {}, {}};
  for (const Json& one : list(json, "publishers")) topic.publishers.push_back(endpoint_of(one));
  for (const Json& one : list(json, "subscribers")) topic.subscribers.push_back(endpoint_of(one));
  return topic;
}

Edge edge_of(const Json& json, const char* text) {
  return {json.value("topic", ""), json.value("group", ""), json.value("from", ""), json.value("to", ""),
          json.value(text, "")};
}

// Between this host and others, as its gateway tells them. The own nodes go by their names alone here.
void add_network_edges(Graph& graph, const Json& process) {
  const Json status = process.value("status", Json::object());
  const std::string own = status.value("host", "");
  const auto local = [&](const std::string& name) {
    return !own.empty() && name.starts_with(own + "/") ? name.substr(own.size()) : name;
  };
  for (const Json& edge : list(status, "edges")) {
    const char* text = edge.contains("path") ? "path" : "reason";
    auto& edges = text[0] == 'p' ? graph.edges : graph.mismatches;
    Edge one = edge_of(edge, text);
    one.group = process.value("group", "");
    one.from = local(one.from);
    one.to = local(one.to);
    edges.push_back(std::move(one));
  }
}

tactus::MetricSummary metric_of(const Json& json) {
  return {json.at("name"),
          json.value("unit", ""),
          json.value("count", std::uint64_t{0}),
          json.value("rejected", std::uint64_t{0}),
          json.value("last", 0.0),
          json.value("min", 0.0),
          json.value("max", 0.0),
          json.value("mean", 0.0),
          json.value("p50", 0.0),
          json.value("p99", 0.0)};
}

Node node_of(const Json& json, const Json& processes) {
  Node node;
  node.name = json.at("name");
  node.group = json.value("group", "");
  node.state = json.value("state", "");
  node.runs = json.value("runs", std::uint64_t{0});
  node.run_ns_total = json.value("run_ns_total", std::int64_t{0});
  node.run_ns_max = json.value("run_ns_max", std::int64_t{0});
  node.deadline_misses = json.value("deadline_misses", std::uint64_t{0});
  node.skipped = json.value("skipped", std::uint64_t{0});
  node.faults = json.value("faults", std::uint64_t{0});
  node.budget_overruns = json.value("budget_overruns", std::uint64_t{0});
  node.stale_inputs = json.value("stale_inputs", std::uint64_t{0});
  for (const Json& metric : list(json, "metrics")) node.metrics.push_back(metric_of(metric));
  for (const Json& process : processes) {
    if (process.value("id", Json{}) != json.value("process", Json{0})) continue;
    node.pid = process.value("pid", 0);
    node.process = process.value("name", "");
    node.degradations = process.value("degradations", std::vector<std::string>{});
  }
  return node;
}

std::vector<Process> processes_of(const Json& json) {
  std::vector<Process> processes;
  for (const char* name : {"processes", "ended"}) {
    for (const Json& one : list(json, name)) {
      processes.push_back({one.at("id"), one.value("pid", 0), one.value("name", ""), one.value("group", ""),
                           name == std::string_view{"ended"}});
    }
  }
  return processes;
}

std::vector<Pool> pools_of(const Json& memory) {
  std::vector<Pool> pools;
  for (const Json& pool : list(memory, "pools"))
    pools.push_back({pool.at("chunk_bytes"), pool.value("chunks", 0U), pool.value("used", 0U),
                     pool.value("reserved", 0U), pool.value("least_free", 0U), pool.value("lost", 0U)});
  return pools;
}

template <typename T>
void sort_by_name(std::vector<T>& items) {
  std::sort(items.begin(), items.end(),
            [](const T& a, const T& b) { return std::tie(a.name, a.group) < std::tie(b.name, b.group); });
}

template <typename T>
const T& find(const std::vector<T>& items, std::string_view name, std::string_view group, const char* what) {
  const std::string wanted = absolute(name);
  std::vector<std::string> names;
  std::string elsewhere;
  for (const T& item : items) {
    if ((item.name == wanted || item.name == name) && item.group == group) return item;
    if (item.name == wanted) elsewhere = item.group;
    if (item.group == group) names.push_back(item.name);
  }
  const std::string where = in_group(group);
  if (elsewhere.empty()) {
    throw Failure{
        fmt::format("there is no {} '{}'{}{}", what, wanted, where, tactus::did_you_mean(wanted, names))};
  }
  throw Failure{fmt::format("there is no {} '{}'{}, but one in group '{}': add --group {}", what, wanted,
                            group.empty() ? " in the default group" : where, elsewhere, elsewhere)};
}

}  // namespace

Graph parse_graph(std::string_view text) try {
  const Json json = Json::parse(text);
  Graph graph;
  graph.generation = json.value("generation", std::uint64_t{0});
  graph.pools = pools_of(json.value("memory", Json::object()));
  graph.processes = processes_of(json);
  for (const Json& topic : list(json, "topics")) graph.topics.push_back(topic_of(topic));
  for (const Json& node : list(json, "nodes")) graph.nodes.push_back(node_of(node, list(json, "processes")));
  for (const Json& edge : list(json, "edges")) graph.edges.push_back(edge_of(edge, "path"));
  for (const Json& edge : list(json, "mismatches")) graph.mismatches.push_back(edge_of(edge, "reason"));
  for (const Json& process : list(json, "processes")) add_network_edges(graph, process);
  for (const auto& [id, type] : list(json, "types").items()) {
    graph.types[id] = type.is_string() ? type.get<std::string>() : type.dump();
  }
  sort_by_name(graph.topics);
  sort_by_name(graph.nodes);
  return graph;
} catch (const Json::exception& error) {
  throw Failure{
      fmt::format("the broker's answer cannot be read ({}): is rtctl of another version?", error.what())};
}

bool has_groups(const Graph& graph) {
  const auto grouped = [](const auto& item) { return !item.group.empty(); };
  return std::any_of(graph.topics.begin(), graph.topics.end(), grouped) ||
         std::any_of(graph.nodes.begin(), graph.nodes.end(), grouped);
}

void keep_group(Graph& graph, const std::string& group) {
  std::vector<std::string> groups;
  for (const Topic& topic : graph.topics) groups.push_back(topic.group);
  for (const Node& node : graph.nodes) groups.push_back(node.group);
  if (!group.empty() && std::find(groups.begin(), groups.end(), group) == groups.end())
    throw Failure{fmt::format("nothing runs{}{}", in_group(group), tactus::did_you_mean(group, groups))};
  const auto other = [&](const auto& item) { return item.group != group; };
  std::erase_if(graph.topics, other);
  std::erase_if(graph.nodes, other);
  std::erase_if(graph.edges, other);
  std::erase_if(graph.mismatches, other);
}

std::string in_group(std::string_view group) {
  return group.empty() ? std::string{} : fmt::format(" in group '{}'", group);
}

const Topic& find_topic(const Graph& graph, std::string_view name, std::string_view group) {
  return find(graph.topics, name, group, "topic");
}

const Node& find_node(const Graph& graph, std::string_view name, std::string_view group) {
  return find(graph.nodes, name, group, "node");
}

namespace {

struct Sums {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
};

bool same_endpoint(const Endpoint& then, const Endpoint& now) {
  return then.node == now.node && then.type_id == now.type_id && then.messages <= now.messages;
}

// Only endpoints seen both times count: one that came or went in between has no known start.
Sums grown(const std::vector<Endpoint>& before, const std::vector<Endpoint>& after) {
  Sums sums;
  for (const Endpoint& now : after) {
    for (const Endpoint& then : before) {
      if (!same_endpoint(then, now)) continue;
      sums.messages += now.messages - then.messages;
      sums.bytes += now.bytes - then.bytes;
      sums.dropped += now.dropped - then.dropped;
    }
  }
  return sums;
}

}  // namespace

double run_ns_mean(const Node& node) {
  return node.runs == 0 ? 0 : static_cast<double>(node.run_ns_total) / static_cast<double>(node.runs);
}

double age_ns_mean(const Endpoint& subscriber) {
  if (subscriber.messages == 0) return 0;
  return static_cast<double>(subscriber.age_ns_total) / static_cast<double>(subscriber.messages);
}

TopicRate rate_between(const Topic& before, const Topic& after, double seconds) {
  const Sums published = grown(before.publishers, after.publishers);
  const Sums taken = grown(before.subscribers, after.subscribers);
  return {static_cast<double>(published.messages) / seconds, static_cast<double>(published.bytes) / seconds,
          published.dropped + taken.dropped};
}

MessageSizes sizes_of(const Topic& topic) {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  for (const Endpoint& one : topic.publishers) {
    if (one.messages == 0) continue;
    least = messages == 0 ? one.bytes_min : std::min(least, one.bytes_min);
    most = std::max(most, one.bytes_max);
    messages += one.messages;
    bytes += one.bytes;
  }
  if (messages == 0) return {};
  return {static_cast<double>(least), static_cast<double>(bytes) / static_cast<double>(messages),
          static_cast<double>(most)};
}

std::vector<Age> ages_between(const Topic& before, const Topic& after) {
  std::vector<Age> ages;
  for (const Endpoint& now : after.subscribers) {
    const auto then = std::find_if(before.subscribers.begin(), before.subscribers.end(),
                                   [&](const Endpoint& one) { return same_endpoint(one, now); });
    Age age{now.node, 0, 0, static_cast<double>(now.age_ns_max)};
    if (then != before.subscribers.end() && now.messages > then->messages) {
      age.messages = now.messages - then->messages;
      age.mean_ns =
          static_cast<double>(now.age_ns_total - then->age_ns_total) / static_cast<double>(age.messages);
    }
    ages.push_back(std::move(age));
  }
  return ages;
}

}  // namespace rtctl
