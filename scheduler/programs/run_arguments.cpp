// SPDX-License-Identifier: Apache-2.0
#include "run_arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "tactus/middleware/names.hpp"

namespace tactus {
namespace {

double leading_number(const std::string& text, std::string& rest) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  rest.assign(end, text.data() + text.size());
  return error == std::errc{} ? number : -1;
}

std::vector<std::string> port_names(const NodeDescription& node) {
  std::vector<std::string> names;
  for (const auto& port : node.ports) names.push_back(port.name);
  return names;
}

std::vector<std::string> parameter_names(const NodeDescription& node) {
  std::vector<std::string> names;
  for (const auto& parameter : node.parameters) names.push_back(parameter.name);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

void assign(const std::string& assignment, const NodeDescription& node, NodeSettings& settings) {
  const auto at = assignment.find(":=");
  if (at == std::string::npos || at == 0) {
    throw std::invalid_argument{
        fmt::format("'{}' is no assignment; write name:=value, as in imu:=/imu or gain:=2.0", assignment)};
  }
  const std::string name = assignment.substr(0, at);
  const std::string value = assignment.substr(at + 2);
  const auto parameter = std::ranges::find(node.parameters, name, &ParameterDescription::name);
  if (parameter != node.parameters.end()) {
    settings.parameters[name] = checked_parameter(*parameter, parameter_from_text(*parameter, value));
    return;
  }
  const auto ports = port_names(node);
  const auto parameters = parameter_names(node);
  if (std::ranges::find(ports, name) != ports.end()) {
    settings.remaps[name] = value;
    return;
  }
  auto all = ports;
  all.insert(all.end(), parameters.begin(), parameters.end());
  throw std::invalid_argument{fmt::format("{} has no '{}'{}; inputs and outputs: {}; parameters: {}",
                                          node.class_name, name, did_you_mean(name, all), listed(ports),
                                          listed(parameters))};
}

/// --on takes an input's name as well as its topic.
std::string topic_to_wait_for(const std::string& on, const NodeDescription& node,
                              const NodeSettings& settings) {
  std::vector<std::string> inputs;
  for (const auto& port : node.ports) {
    if (port.direction != PortDirection::kInput) continue;
    const std::string topic = resolve_topic(port.name, settings.name, settings.remaps);
    if (on == port.name || on == topic) return topic;
    inputs.push_back(fmt::format("{} ({})", port.name, topic));
  }
  throw std::invalid_argument{
      fmt::format("--on {}: no input of {} reads it; its inputs: {}", on, node.class_name, listed(inputs))};
}

Trigger trigger_for(const RunArguments& arguments, const NodeDescription& node,
                    const NodeSettings& settings) {
  Trigger trigger;
  if (!arguments.every.empty()) {
    trigger.kind = TriggerKind::kEvery;
    trigger.period_ns = parse_period(arguments.every);
    return trigger;
  }
  if (!arguments.on.empty()) {
    trigger.kind = TriggerKind::kOn;
    trigger.topics = {topic_to_wait_for(arguments.on, node, settings)};
    return trigger;
  }
  if (node.has_run) return trigger;
  if (node.has_coroutine) {
    trigger.kind = TriggerKind::kCoroutine;
    return trigger;
  }
  throw std::invalid_argument{
      fmt::format("say when {} is called: --every 5ms, --every 90Hz or --on INPUT (inputs and outputs: {})",
                  node.class_name, listed(port_names(node)))};
}

}  // namespace

std::int64_t parse_period(const std::string& text) {
  constexpr std::pair<const char*, double> kUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  std::string unit;
  const double number = leading_number(text, unit);
  double period = 0;
  if (number > 0 && unit == "Hz") period = 1e9 / number;
  for (const auto& [name, factor] : kUnits) {
    if (number > 0 && unit == name) period = number * factor;
  }
  // A nanosecond to a day.
  if (period >= 1 && period <= 86'400e9) return std::llround(period);
  throw std::invalid_argument{fmt::format("'{}' is no period; write 5ms, 200us, 1.5s or 90Hz", text)};
}

std::string name_of_library(const std::filesystem::path& library) {
  std::string name = library.stem().string();
  if (name.starts_with("lib")) name.erase(0, 3);
  return name;
}

HostSettings settings_for_run(const RunArguments& arguments, const std::filesystem::path& library,
                              const NodeDescription& node) {
  HostNode host;
  const std::string name = arguments.name.empty() ? name_of_library(library) : arguments.name;
  if (const std::string error = token_error(name); !error.empty())
    throw std::invalid_argument{"--name: " + error};
  host.settings.name = "/" + name;
  host.library = library.string();
  for (const std::string& assignment : arguments.assignments) assign(assignment, node, host.settings);
  for (const auto& [port, topic] : host.settings.remaps) {
    const std::string full = resolve_topic(port, host.settings.name, host.settings.remaps);
    if (const std::string error = topic_name_error(full); !error.empty())
      throw std::invalid_argument{fmt::format("{}:={}: {}", port, topic, error)};
  }
  host.trigger = trigger_for(arguments, node, host.settings);
  host.executor = "main";
  HostSettings settings;
  settings.process = name;
  settings.group = arguments.group;
  settings.executors.push_back({"main", {}, 0});
  settings.nodes.push_back(std::move(host));
  return settings;
}

}  // namespace tactus
