// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tactus/middleware/names.hpp"
#include "tactus/scheduler/plan.hpp"

namespace tactus {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

void check_names(const LaunchPlan& plan, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const HostSettings& process : plan.processes) known.push_back(process.process);
  for (const std::string& name : names) {
    if (!contains(known, name))
      throw std::invalid_argument{
          fmt::format("'{}' is no process of {}{}", name, plan.file, did_you_mean(name, known))};
  }
}

bool touches(const LaunchPlan& plan, const std::string& topic) {
  return std::ranges::any_of(plan.nodes, [&](const PlannedNode& node) {
    return std::ranges::any_of(node.description.ports,
                               [&](const PortDescription& port) { return node.topic_of(port) == topic; });
  });
}

}  // namespace

LaunchPlan only_processes(LaunchPlan plan, const std::vector<std::string>& names) {
  if (plan.simulated)
    throw std::invalid_argument{fmt::format(
        "{} runs on simulated time, in one process: it has no processes to choose from", plan.file)};
  check_names(plan, names);
  std::erase_if(plan.processes,
                [&](const HostSettings& process) { return !contains(names, process.process); });
  std::erase_if(plan.nodes, [&](const PlannedNode& node) { return !contains(names, node.process); });
  std::erase_if(plan.expectations, [&](const ExpectedRate& rate) { return !touches(plan, rate.topic); });
  return plan;
}

}  // namespace tactus
