// SPDX-License-Identifier: Apache-2.0
// rtctl node stop | start | restart | pause | resume
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "launches.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string node;
  std::string group;
};

int control(const std::string& what, const Options& options) {
  auto launches = running_launches();
  const auto [launch, node] = find_node(launches, options.node, options.group);
  try {
    ask(*launch, nlohmann::json{{"do", what}, {"node", node->name}}.dump());
  } catch (const Failure& failure) {
    throw Failure{fmt::format("node {}: {}", node->name, failure.what())};
  }
  return kSuccess;
}

void add_verb(CLI::App& node, Run& run, const std::string& what, const std::string& help) {
  CLI::App& verb = *node.add_subcommand(what, help);
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node")->required()->type_name("NODE");
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.footer(fmt::format("Examples:\n  rtctl node {} /tracker", what));
  verb.callback([&run, options, what] { run = [options, what] { return control(what, *options); }; });
}

}  // namespace

void add_node_control(CLI::App& node, Run& run) {
  add_verb(node, run, "stop", "Stops a node of a launch between two of its calls; its neighbours go on");
  add_verb(node, run, "start", "Starts a node, or its process, that was stopped, faulted or given up");
  add_verb(node, run, "restart", "Constructs a node again; its inputs and outputs stay connected");
  add_verb(node, run, "pause", "Calls a node no more until rtctl node resume; it keeps what it knows");
  add_verb(node, run, "resume", "Goes on calling a node that was paused");
}

}  // namespace rtctl
