// SPDX-License-Identifier: Apache-2.0
#include "list_options.hpp"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

nlohmann::ordered_json json_of(const std::vector<Node>& nodes) {
  auto list = nlohmann::ordered_json::array();
  for (const Node& node : nodes) {
    list.push_back({{"name", node.name},
                    {"group", node.group},
                    {"state", node.state},
                    {"process", node.process},
                    {"pid", node.pid}});
  }
  return list;
}

Table table_of(const std::vector<Node>& nodes, bool groups) {
  std::vector<std::string> headings{"NODE", "STATE", "PROCESS", ">PID"};
  if (groups) headings.emplace_back("GROUP");
  Table table{headings};
  for (const Node& node : nodes)
    table.add({node.name, state_cell(node.state), node.process, std::to_string(node.pid), node.group});
  return table;
}

int node_list(const ListOptions& options) {
  const Graph graph = read_graph(options);
  const auto table = [&](const auto& nodes) { return table_of(nodes, has_groups(graph)); };
  return print(list_text(graph.nodes, options, json_of, table));
}

}  // namespace

void add_node_list(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand("list", "Nodes with their state and process");
  auto options = std::make_shared<ListOptions>();
  add_list_options(verb, *options, "-c,--count-nodes");
  verb.footer("Examples:\n  rtctl node list\n  rtctl node list --json");
  verb.callback([&run, options] { run = [options] { return node_list(*options); }; });
}

}  // namespace rtctl
