// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "launches.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string node;
  std::string level;
  std::string group;
};

int log_level(const Options& options) {
  auto launches = running_launches();
  const auto [launch, node] = find_node(launches, options.node, options.group);
  ask(*launch, nlohmann::json{{"do", "level"}, {"node", node->name}, {"level", options.level}}.dump());
  return kSuccess;
}

}  // namespace

void add_log_level(CLI::App& log, Run& run) {
  CLI::App& verb =
      *log.add_subcommand("level", "What a running node logs: debug, info (default), warn, error");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node")->required()->type_name("NODE");
  verb.add_option("level", options->level, "debug, info, warn or error")->required()->type_name("LEVEL");
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.footer("Examples:\n  rtctl log level /tracker debug");
  verb.callback([&run, options] { run = [options] { return log_level(*options); }; });
}

}  // namespace rtctl
