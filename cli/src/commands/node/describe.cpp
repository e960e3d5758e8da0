// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/table.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace rtctl {
namespace {

using tactus::NodeDescription;
using tactus::PortDirection;

struct Options {
  std::string library;
  std::vector<std::string> parameters;
  bool json = false;
};

std::map<std::string, tactus::ParameterValue> parameters_of(const std::vector<std::string>& words) {
  std::map<std::string, tactus::ParameterValue> parameters;
  for (const std::string& word : words) {
    const std::size_t at = word.find(":=");
    if (at == std::string::npos)
      throw Failure{fmt::format("'{}' is no parameter: write name:=value", word), kUsage};
    nlohmann::json value = nlohmann::json::parse(word.substr(at + 2), nullptr, false);
    if (value.is_discarded()) value = word.substr(at + 2);
    parameters[word.substr(0, at)] = tactus::parameter_from_json(value);
  }
  return parameters;
}

void check_names(const Options& options, const NodeDescription& node) {
  std::vector<std::string> declared;
  for (const tactus::ParameterDescription& parameter : node.parameters) declared.emplace_back(parameter.name);
  for (const auto& [name, value] : parameters_of(options.parameters)) {
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      throw Failure{fmt::format("{} has no parameter '{}'{}", node.class_name, name,
                                tactus::did_you_mean(name, declared)),
                    kUsage};
  }
}

NodeDescription describe(const Options& options) {
  const std::filesystem::path library = tactus::find_node_library(options.library);
  const auto results =
      tactus::describe_nodes(tactus::host_program(), {{library, parameters_of(options.parameters)}});
  const tactus::DescribeResult& result = results.front();
  if (!result.description) {
    const bool named = result.error.rfind(library.string(), 0) == 0;
    throw Failure{named ? result.error : fmt::format("{}: {}", library.string(), result.error)};
  }
  check_names(options, *result.description);
  return *result.description;
}

std::string ports_text(const NodeDescription& node, PortDirection direction, const char* heading) {
  Table table{{heading, "TYPE", ""}};
  for (const tactus::PortDescription& port : node.ports) {
    if (port.direction != direction) continue;
    std::string more = port.optional ? "optional" : "";
    if (direction == PortDirection::kOutput) {
      more = fmt::format("{}{}", bytes_text(static_cast<double>(port.max_bytes)),
                         port.max_bytes_guessed ? " at most, a default" : "");
    }
    table.add({port.name, port.type_name, more});
  }
  return table.empty() ? std::string{} : "\n" + table.text();
}

std::string value_text(const tactus::ParameterValue& value) { return tactus::to_json(value).dump(); }

std::string range_text(const tactus::ParameterOptions& options) {
  const bool below = std::isfinite(options.min);
  const bool above = std::isfinite(options.max);
  if (!below && !above) return "";
  return fmt::format("{}..{}", below ? fmt::format("{:g}", options.min) : "",
                     above ? fmt::format("{:g}", options.max) : "");
}

std::string parameters_text(const NodeDescription& node) {
  Table table{{"PARAMETER", "KIND", "DEFAULT", "RANGE", "MEANING"}};
  for (const tactus::ParameterDescription& parameter : node.parameters) {
    const auto& [name, initial, options] = parameter;
    table.add({name, tactus::kind_name(initial), fmt::format("{} {}", value_text(initial), options.unit),
               range_text(options), std::string{options.help}});
  }
  return table.empty() ? std::string{} : "\n" + table.text();
}

int node_describe(const Options& options) {
  const NodeDescription node = describe(options);
  if (options.json) return print(tactus::to_json(node).dump(2) + "\n");
  const char* called = node.has_run         ? "loops itself"
                       : node.has_coroutine ? "is a coroutine: waits itself, on its executor"
                                            : "is called: step()";
  const std::string text = fmt::format("{}  {}\n", paint(Style::kHeading, node.class_name), called);
  return print(text + ports_text(node, PortDirection::kInput, "TAKES") +
               ports_text(node, PortDirection::kOutput, "PUBLISHES") + parameters_text(node));
}

}  // namespace

void add_node_describe(CLI::App& node, Run& run) {
  CLI::App& verb = *node.add_subcommand(
      "describe", "What a node's library declares: inputs, outputs, parameters; runs nothing of it");
  auto options = std::make_shared<Options>();
  verb.add_option("library", options->library, "imu_integrator, or a path")->required()->type_name("LIBRARY");
  verb.add_option("parameters", options->parameters, "Parameters, name:=value")->type_name("NAME:=VALUE");
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer(
      "Examples:\n  rtctl node describe imu_integrator\n  rtctl node describe ./libimu_integrator.so --json");
  verb.callback([&run, options] { run = [options] { return node_describe(*options); }; });
}

}  // namespace rtctl
