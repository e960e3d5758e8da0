// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

struct Options {
  bool json = false;
  bool names = false;
  bool count = false;
  std::optional<std::string> group;
};

int print_json(const std::vector<Node>& nodes) {
  auto list = nlohmann::ordered_json::array();
  for (const Node& node : nodes) {
    list.push_back({{"name", node.name},
                    {"group", node.group},
                    {"state", node.state},
                    {"process", node.process},
                    {"pid", node.pid}});
  }
  return print(list.dump(2) + "\n");
}

int print_table(const std::vector<Node>& nodes, bool groups) {
  std::vector<std::string> headings{"NODE", "STATE", "PROCESS", ">PID"};
  if (groups) headings.emplace_back("GROUP");
  Table table{headings};
  for (const Node& node : nodes) {
    table.add({node.name, state_cell(node.state), node.process, std::to_string(node.pid), node.group});
  }
  return print(table.text());
}

int node_list(const Options& options) {
  Graph graph = read_graph();
  if (options.group) keep_group(graph, *options.group);
  if (options.count) return print(fmt::format("{}\n", graph.nodes.size()));
  if (options.json) return print_json(graph.nodes);
  if (!options.names) return print_table(graph.nodes, has_groups(graph));
  std::string text;
  for (const Node& node : graph.nodes) text += node.name + "\n";
  return print(text);
}

}  // namespace

void add_node_list(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand("list", "Nodes with their state and process");
  auto options = std::make_shared<Options>();
  verb.add_flag("--json", options->json, "As JSON");
  verb.add_flag("--names", options->names, "Names only, one per line");
  verb.add_flag("-c,--count-nodes", options->count, "Their number only");
  add_group_option(verb, options->group, "Only this group");
  verb.footer("Examples:\n  rtctl node list\n  rtctl node list --json");
  verb.callback([&run, options] { run = [options] { return node_list(*options); }; });
}

}  // namespace rtctl
