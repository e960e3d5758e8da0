// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "broker.hpp"
#include "command.hpp"
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

Json json_of(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back({{"topic", port.topic},
                    {"type", port.endpoint.type},
                    {"messages", port.endpoint.messages},
                    {"dropped", port.endpoint.dropped}});
  }
  return list;
}

std::string text_of(const std::vector<Port>& ports, const char* heading, const char* drops) {
  Table table{{heading, "TYPE", ">MESSAGES", drops}};
  for (const Port& port : ports) {
    table.add({port.topic,
               port.endpoint.type,
               std::to_string(port.endpoint.messages),
               {std::to_string(port.endpoint.dropped),
                port.endpoint.dropped > 0 ? Style::kWarning : Style::kPlain}});
  }
  return table.empty() ? std::string{} : "\n" + table.text();
}

int node_info(const Options& options) {
  const Graph graph = read_graph();
  const Node& node = find_node(graph, options.node, options.group);
  const std::vector<Port> outputs = ports_of(graph, node, &Topic::publishers);
  const std::vector<Port> inputs = ports_of(graph, node, &Topic::subscribers);
  if (options.json) {
    const Json json{{"name", node.name},       {"group", node.group}, {"state", node.state},
                    {"process", node.process}, {"pid", node.pid},     {"publishes", json_of(outputs)},
                    {"takes", json_of(inputs)}};
    return write_out(json.dump(2) + "\n") ? kSuccess : kFailed;
  }
  const std::string text = fmt::format("{}  {}, process {} (PID {})\n", paint(Style::kHeading, node.name),
                                       node.state, node.process, node.pid);
  return write_out(text + text_of(inputs, "TAKES", ">DROPPED") +
                   text_of(outputs, "PUBLISHES", ">LOANS REFUSED"))
             ? kSuccess
             : kFailed;
}

}  // namespace

void add_node_info(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand("info", "What a running node takes and publishes");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node")->required()->type_name("NODE");
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer("Examples:\n  rtctl node info /integrator");
  verb.callback([&run, options] { run = [options] { return node_info(*options); }; });
}

}  // namespace rtctl
