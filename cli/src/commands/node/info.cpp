// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "broker.hpp"
#include "command.hpp"
#include "output/metrics.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string node;
  std::string group;
  bool json = false;
};

struct Port {
  std::string topic;
  Endpoint endpoint;
};

std::vector<Port> ports_of(const Graph& graph, const Node& node, std::vector<Endpoint> Topic::*side) {
  std::vector<Port> ports;
  for (const Topic& topic : graph.topics) {
    if (topic.group != node.group) continue;
    for (const Endpoint& endpoint : topic.*side) {
      if (endpoint.node == node.name) ports.push_back({topic.name, endpoint});
    }
  }
  return ports;
}

Json json_of(const Port& port, bool output) {
  const Endpoint& endpoint = port.endpoint;
  Json json{{"topic", port.topic},
            {"type", endpoint.type},
            {"messages", endpoint.messages},
            {"bytes", endpoint.bytes},
            {"dropped", endpoint.dropped}};
  if (!output) {
    json["age_ns_mean"] = age_ns_mean(endpoint);
    json["age_ns_max"] = endpoint.age_ns_max;
    json["unmatched"] = endpoint.unmatched;
  }
  return json;
}

Json json_of(const std::vector<Port>& ports, bool output) {
  Json list = Json::array();
  for (const Port& port : ports) list.push_back(json_of(port, output));
  return list;
}

int print_json(const Node& node, const std::vector<Port>& inputs, const std::vector<Port>& outputs) {
  Json json{{"name", node.name},
            {"group", node.group},
            {"state", node.state},
            {"process", node.process},
            {"pid", node.pid},
            {"runs", node.runs},
            {"run_ns_mean", run_ns_mean(node)},
            {"run_ns_max", node.run_ns_max},
            {"deadline_misses", node.deadline_misses},
            {"skipped", node.skipped},
            {"faults", node.faults},
            {"budget_overruns", node.budget_overruns},
            {"stale_inputs", node.stale_inputs},
            {"degradations", node.degradations},
            {"publishes", json_of(outputs, true)},
            {"takes", json_of(inputs, false)},
            {"metrics", Json::array()}};
  for (const tactus::MetricSummary& metric : node.metrics) json["metrics"].push_back(metric_json(metric));
  return print(json.dump(2) + "\n");
}

std::string calls_text(const Node& node) {
  Table table{{">RUNS", ">MEAN", ">MAX", ">MISSES", ">OVER BUDGET", ">SKIPPED", ">STALE", ">FAULTS"}};
  table.add({std::to_string(node.runs), node.runs > 0 ? duration_text(run_ns_mean(node)) : "-",
             node.runs > 0 ? duration_text(static_cast<double>(node.run_ns_max)) : "-",
             count_cell(node.deadline_misses), count_cell(node.budget_overruns), count_cell(node.skipped),
             count_cell(node.stale_inputs), count_cell(node.faults, Style::kError)});
  return "\n" + table.text();
}

std::string inputs_text(const std::vector<Port>& ports) {
  Table table{{"TAKES", "TYPE", ">MESSAGES", ">DROPPED", ">UNMATCHED", ">AGE MEAN", ">MAX"}};
  for (const auto& [topic, one] : ports) {
    const bool taken = one.messages > 0;
    table.add({topic, one.type, std::to_string(one.messages), count_cell(one.dropped),
               count_cell(one.unmatched), taken ? duration_text(age_ns_mean(one)) : "-",
               taken ? duration_text(static_cast<double>(one.age_ns_max)) : "-"});
  }
  return table.empty() ? std::string{} : "\n" + table.text();
}

std::string outputs_text(const std::vector<Port>& ports) {
  Table table{{"PUBLISHES", "TYPE", ">MESSAGES", ">BYTES", ">LOANS REFUSED"}};
  for (const auto& [topic, one] : ports) {
    table.add({topic, one.type, std::to_string(one.messages), bytes_text(static_cast<double>(one.bytes)),
               count_cell(one.dropped)});
  }
  return table.empty() ? std::string{} : "\n" + table.text();
}

std::string metrics_of(const Node& node) {
  std::vector<NodeMetric> metrics;
  for (const tactus::MetricSummary& metric : node.metrics) metrics.emplace_back(node.name, metric);
  const std::string text = metrics_text(metrics, false);
  return text.empty() ? text : "\n" + text;
}

std::string degradations_text(const Node& node) {
  std::string text;
  for (const std::string& one : node.degradations) text += paint(Style::kWarning, "degraded: " + one) + "\n";
  return text;
}

int node_info(const Options& options) {
  const Graph graph = read_graph(options.group);
  const Node& node = find_node(graph, options.node, options.group);
  const std::vector<Port> outputs = ports_of(graph, node, &Topic::publishers);
  const std::vector<Port> inputs = ports_of(graph, node, &Topic::subscribers);
  if (options.json) return print_json(node, inputs, outputs);
  const std::string text = fmt::format("{}  {}, process {} (pid {})\n", paint(Style::kHeading, node.name),
                                       node.state, node.process, node.pid);
  return print(text + degradations_text(node) + calls_text(node) + inputs_text(inputs) +
               outputs_text(outputs) + metrics_of(node));
}

}  // namespace

void add_node_info(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand("info", "What a running node does, takes, publishes and measures");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node")->required()->type_name("NODE");
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer("Examples:\n  rtctl node info /integrator");
  verb.callback([&run, options] { run = [options] { return node_info(*options); }; });
}

}  // namespace rtctl
