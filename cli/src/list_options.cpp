// SPDX-License-Identifier: Apache-2.0
#include "list_options.hpp"

#include <CLI/App.hpp>

#include "arguments.hpp"
#include "broker.hpp"

namespace rtctl {

void add_list_options(CLI::App& verb, ListOptions& options, const std::string& count_option) {
  verb.add_flag("--json", options.json, "As JSON");
  verb.add_flag("--names", options.names, "Names only, one per line");
  verb.add_flag(count_option, options.count, "Their number only");
  add_group_option(verb, options.group, "Only this group");
}

Graph read_graph(const ListOptions& options) {
  Graph graph = read_graph(options.group.value_or(""));
  if (options.group) keep_group(graph, *options.group);
  return graph;
}

}  // namespace rtctl
