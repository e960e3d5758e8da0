// SPDX-License-Identifier: Apache-2.0
// rtctl node reload
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "launches.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string node;
  std::string group;
  std::string library;
  std::vector<std::string> parameters;
};

/// "gravity=9.81", as the library declares it.
void add_parameter(const std::string& text, const tactus::NodeDescription& declared, nlohmann::json& json) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Failure{fmt::format("--param {}: write NAME=VALUE", text), kUsage};
  const std::string name = text.substr(0, equals);
  const auto found = std::ranges::find(declared.parameters, name, &tactus::ParameterDescription::name);
  if (found == declared.parameters.end()) {
    std::vector<std::string> names;
    for (const auto& parameter : declared.parameters) names.push_back(parameter.name);
    throw Failure{fmt::format("--param {}: {} has no parameter '{}'{}", text, declared.class_name, name,
                              tactus::did_you_mean(name, names))};
  }
  const auto value = tactus::parameter_from_text(*found, text.substr(equals + 1));
  json[name] = tactus::to_json(tactus::checked_parameter(*found, value));
}

/// Constructed in a throw-away process first: what crashes or hangs there never comes near the launch.
nlohmann::json request_for(const Options& options, const std::string& node) {
  const auto library = std::filesystem::canonical(tactus::find_node_library(options.library));
  if (const auto why = tactus::incompatibility(tactus::read_node_note(library)); !why.empty())
    throw Failure{fmt::format("{}: {}", library.string(), why)};
  const auto found = tactus::describe_nodes(tactus::host_program(), {{library, {}}}).at(0);
  if (!found.description) throw Failure{fmt::format("{}: {}", library.string(), found.error)};
  nlohmann::json parameters = nlohmann::json::object();
  for (const std::string& text : options.parameters) add_parameter(text, *found.description, parameters);
  return {{"do", "reload"}, {"node", node}, {"library", library.string()}, {"parameters", parameters}};
}

int reload(const Options& options) {
  auto launches = running_launches();
  const auto [launch, node] = find_node(launches, options.node, options.group);
  try {
    const std::string answer = ask(*launch, request_for(options, node->name).dump());
    fmt::print("{}: {}\n", node->name, std::string{nlohmann::json::parse(answer).value("said", "replaced")});
  } catch (const Failure& failure) {
    throw Failure{fmt::format("node {} goes on as it was: {}", node->name, failure.what()), failure.code()};
  } catch (const std::exception& error) {
    throw Failure{fmt::format("node {} goes on as it was: {}", node->name, error.what())};
  }
  return kSuccess;
}

}  // namespace

void add_node_reload(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand(
      "reload", "Replaces a running node by another build of it, between two of its calls");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node")->required()->type_name("NODE");
  verb.add_option("--library", options->library,
                  "The new shared object: a path, or a name as in a launch file")
      ->required()
      ->type_name("FILE");
  verb.add_option("--param", options->parameters, "Value of a parameter; the others keep theirs")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.footer(
      "Examples:\n  rtctl node reload integrator --library build/lib/tactus/nodes/libimu_integrator.so\n"
      "  rtctl node reload integrator --library imu_integrator --param gravity=9.80");
  verb.callback([&run, options] { run = [options] { return reload(*options); }; });
}

}  // namespace rtctl
