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
          counters.value("dropped", std::uint64_t{0})};
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

Node node_of(const Json& json, const Json& processes) {
  Node node{json.at("name"), json.value("group", ""), json.value("state", ""), 0, ""};
  for (const Json& process : processes) {
    if (process.value("id", Json{}) != json.value("process", Json{0})) continue;
    node.pid = process.value("pid", 0);
    node.process = process.value("name", "");
  }
  return node;
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
    if (item.name == wanted && item.group == group) return item;
    if (item.name == wanted) elsewhere = item.group;
    if (item.group == group) names.push_back(item.name);
  }
  const std::string where = group.empty() ? "" : fmt::format(" in group '{}'", group);
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
  for (const Json& topic : list(json, "topics")) graph.topics.push_back(topic_of(topic));
  for (const Json& node : list(json, "nodes")) graph.nodes.push_back(node_of(node, list(json, "processes")));
  for (const Json& edge : list(json, "edges")) graph.edges.push_back(edge_of(edge, "path"));
  for (const Json& edge : list(json, "mismatches")) graph.mismatches.push_back(edge_of(edge, "reason"));
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

// Only endpoints seen both times count: one that came or went in between has no known start.
Sums grown(const std::vector<Endpoint>& before, const std::vector<Endpoint>& after) {
  Sums sums;
  for (const Endpoint& now : after) {
    for (const Endpoint& then : before) {
      if (then.node != now.node || then.type_id != now.type_id || then.messages > now.messages) continue;
      sums.messages += now.messages - then.messages;
      sums.bytes += now.bytes - then.bytes;
      sums.dropped += now.dropped - then.dropped;
    }
  }
  return sums;
}

}  // namespace

TopicRate rate_between(const Topic& before, const Topic& after, double seconds) {
  const Sums published = grown(before.publishers, after.publishers);
  const Sums taken = grown(before.subscribers, after.subscribers);
  return {static_cast<double>(published.messages) / seconds, static_cast<double>(published.bytes) / seconds,
          published.dropped + taken.dropped};
}

}  // namespace rtctl
