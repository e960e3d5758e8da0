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
  for (PlannedNode& node : plan.nodes) {
    const HostSettings& from = *std::ranges::find(before, node.process, &HostSettings::process);
    node.process = apart ? process_name(node.host) : kMain;
    if (apart || plan.processes.empty()) plan.processes.push_back(empty_process(from, node.process));
    HostSettings& process = plan.processes.back();
    process.supervision.essential |= from.supervision.essential;
    add_node(process, node.host, from.executors, !apart);
  }
  return plan;
}

}  // namespace tactus
