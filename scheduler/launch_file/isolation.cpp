// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "tactus/scheduler/plan.hpp"

namespace tactus {
namespace {

constexpr const char* kMain = "main";

std::string process_name(const HostNode& node) {
  std::string name = node.settings.name.substr(1);
  std::ranges::replace(name, '/', '.');
  return name;
}

/// The process without its nodes and executors.
HostSettings empty_process(const HostSettings& like, const std::string& name) {
  HostSettings process = like;
  process.process = name;
  process.program.clear();
  process.executors.clear();
  process.nodes.clear();
  return process;
}

void add_node(HostSettings& process, const HostNode& node, const std::vector<HostExecutor>& executors,
              bool keep_order) {
  process.nodes.push_back(node);
  const bool known =
      std::ranges::find(process.executors, node.executor, &HostExecutor::name) != process.executors.end();
  if (node.executor.empty() || known) return;
  process.executors.push_back(*std::ranges::find(executors, node.executor, &HostExecutor::name));
  if (!keep_order) process.executors.back().order.clear();
}

}  // namespace

LaunchPlan isolated(LaunchPlan plan, Isolation isolation) {
  if (isolation == Isolation::kGroup || plan.processes.empty()) return plan;
  const bool apart = isolation == Isolation::kNode;
  const std::vector<HostSettings> before = std::exchange(plan.processes, {});
  const auto process_of = [&](const HostSettings& from, const std::string& name) -> HostSettings& {
    const auto known = std::ranges::find(plan.processes, name, &HostSettings::process);
    return known != plan.processes.end() ? *known : plan.processes.emplace_back(empty_process(from, name));
  };
  for (PlannedNode& node : plan.nodes) {
    const HostSettings& from = *std::ranges::find(before, node.process, &HostSettings::process);
    const bool alone = apart || !from.program.empty();  // a program shares its process with nobody
    node.process = alone ? process_name(node.host) : kMain;
    HostSettings& process = process_of(from, node.process);
    process.program = from.program;
    process.supervision.essential |= from.supervision.essential;
    add_node(process, node.host, from.executors, !apart);
  }
  return plan;
}

}  // namespace tactus
