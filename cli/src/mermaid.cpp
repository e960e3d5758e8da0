// SPDX-License-Identifier: Apache-2.0
#include "mermaid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "output/table.hpp"

namespace rtctl {
namespace {

// Inside a quoted label only the quote itself and '<' need care.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"') result += "#quot;";
    if (c == '<') result += "#lt;";
    if (c != '"' && c != '<') result += c;
  }
  return result;
}

class Flowchart {
 public:
  Flowchart(const Graph& graph, const Rates& rates) : graph_{graph}, rates_{rates} {}

  std::string text() {
    text_ = "flowchart LR\n";
    std::map<int, std::vector<const Node*>> processes;
    for (const Node& node : graph_.nodes) processes[node.pid].push_back(&node);
    for (const auto& [pid, nodes] : processes) add_process(pid, nodes);
    for (const Topic& topic : graph_.topics) add_topic(topic);
    text_ += "  classDef topic fill:#eef,stroke:#88a\n  classDef bad fill:#fdd,stroke:#c00\n";
    return std::move(text_);
  }

 private:
  void add_process(int pid, const std::vector<const Node*>& nodes) {
    text_ += fmt::format("  subgraph p{}[\"{} (pid {})\"]\n", pid, escaped(nodes.front()->process), pid);
    for (const Node* node : nodes) {
      const bool bad = node->state == "faulted" || node->state == "dead";
      text_ +=
          fmt::format("    {}[\"{}{}\"]{}\n", id_of(node->group, node->name), escaped(node->name),
                      node->state == "running" ? "" : "<br>" + escaped(node->state), bad ? ":::bad" : "");
    }
    text_ += "  end\n";
  }

  void add_topic(const Topic& topic) {
    const std::string id = fmt::format("t{}", ++topics_);
    const auto rate = rates_.find({topic.group, topic.name});
    text_ += fmt::format("  {}([\"{}<br>{}{}\"]):::{}\n", id, escaped(topic.name),
                         escaped(fmt::format("{}", fmt::join(topic.types, ", "))),
                         rate == rates_.end() ? "" : "<br>" + rate_label(rate->second),
                         topic.types.size() > 1 ? "bad" : "topic");
    for (const Endpoint& one : topic.publishers)
      text_ += fmt::format("  {} --> {}\n", endpoint(topic, one), id);
    for (const Endpoint& one : topic.subscribers) add_subscriber(topic, one, id);
  }

  void add_subscriber(const Topic& topic, const Endpoint& subscriber, const std::string& id) {
    const std::string to = endpoint(topic, subscriber);
    bool connected = topic.publishers.empty();
    for (const Edge& edge : graph_.edges) connected |= joins(edge, topic, subscriber);
    if (connected) {
      const std::string label =
          subscriber.dropped > 0 ? fmt::format("|\"{} dropped\"|", subscriber.dropped) : "";
      text_ += fmt::format("  {} -->{} {}\n", id, label, to);
    }
    for (const Edge& edge : graph_.mismatches) {
      if (!joins(edge, topic, subscriber)) continue;
      text_ += fmt::format("  {} -. \"{}\" .-x {}\n", id_of(topic.group, edge.from), escaped(edge.text), to);
    }
  }

  static bool joins(const Edge& edge, const Topic& topic, const Endpoint& subscriber) {
    return edge.topic == topic.name && edge.group == topic.group && edge.to == subscriber.node;
  }

  static std::string rate_label(double hz) { return hz > 0 ? rate_text(hz) : "0 Hz"; }

  // Programs such as `rtctl topic pub` have endpoints without being nodes of the graph.
  std::string endpoint(const Topic& topic, const Endpoint& endpoint) {
    const bool known = ids_.contains({topic.group, endpoint.node});
    std::string id = id_of(topic.group, endpoint.node);
    if (!known) text_ += fmt::format("  {}[\"{}\"]\n", id, escaped(endpoint.node));
    return id;
  }

  std::string id_of(const std::string& group, const std::string& node) {
    return fmt::format("n{}", ids_.try_emplace({group, node}, ids_.size() + 1).first->second);
  }

  const Graph& graph_;
  const Rates& rates_;
  std::string text_;
  std::size_t topics_ = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> ids_;
};

}  // namespace

std::string mermaid(const Graph& graph, const Rates& rates) { return Flowchart{graph, rates}.text(); }

}  // namespace rtctl
