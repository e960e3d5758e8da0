// SPDX-License-Identifier: Apache-2.0
// Processes: who is in which, and what each is started with.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/node_library.hpp"

namespace tactus::launch_file {
namespace {

using ProcessOfMember = std::map<std::string, std::string>;

/// Which process holds which executor and which self-looping node.
ProcessOfMember read_members(Draft& draft) {
  const Document& document = draft.document;
  std::vector<std::string> known{kMain};
  for (const auto& executor : document.executors) known.push_back(executor.executor.name);
  for (const auto& entry : document.nodes) {
    if (entry.trigger.kind == TriggerKind::kSelfLooping) known.push_back(entry.name);
  }
  ProcessOfMember process_of;
  for (const auto& process : document.processes) {
    for (const auto& [name, at] : process.members) {
      if (std::ranges::find(known, name) == known.end()) {
        draft.error(at, fmt::format("process '{}': '{}' is neither an executor nor a self-looping node{}",
                                    process.name, name, did_you_mean(name, known)));
      } else if (const auto [other, fresh] = process_of.emplace(name, process.name); !fresh) {
        draft.error(at, fmt::format("'{}' is in process '{}' already", name, other->second));
      }
    }
  }
  return process_of;
}

/// Who has a main() of its own has a process of its own, and its own thread there.
void place_program(PlannedNode& node, const NodeEntryText& entry, bool placed, Draft& draft) {
  if (node.host.trigger.kind != TriggerKind::kSelfLooping && !entry.has_executor)
    node.host.executor = entry.name;
  if (!placed) node.process = entry.name;
  if (draft.document.simulated)
    draft.error(entry.use.at,
                fmt::format("node '{}' is a program with a main() of its own: clock: simulated runs "
                            "all nodes in one process; use a shared object",
                            entry.name));
}

void check_alone(std::size_t i, Draft& draft) {
  const PlannedNode& node = draft.plan.nodes[i];
  if (!is_program(node.host.library)) return;
  for (std::size_t other = 0; other < draft.plan.nodes.size(); ++other) {
    const PlannedNode& neighbour = draft.plan.nodes[other];
    const bool same_process = neighbour.process == node.process;
    const bool same_executor =
        !neighbour.host.executor.empty() && neighbour.host.executor == node.host.executor;
    if (other == i || (!same_process && !same_executor)) continue;
    if (is_program(neighbour.host.library) && other < i) continue;  // said already
    const NodeEntryText& entry = draft.document.nodes[i];
    return draft.error(
        entry.use.at,
        fmt::format("node '{}' is a program with a main() of its own: it cannot share {} with node "
                    "'{}'; give each an executor and a process of its own",
                    entry.name,
                    same_process ? fmt::format("process '{}'", node.process)
                                 : fmt::format("executor '{}'", node.host.executor),
                    draft.document.nodes[other].name));
  }
}

/// The process of this name; new and empty when it is the first time.
HostSettings& process_of(const std::string& name, Draft& draft) {
  LaunchPlan& plan = draft.plan;
  const auto found = std::ranges::find(plan.processes, name, &HostSettings::process);
  if (found != plan.processes.end()) return *found;
  HostSettings& settings = plan.processes.emplace_back();
  settings.process = name;
  settings.group = plan.group;
  settings.realtime = plan.realtime;
  settings.realtime_at = text_of(draft.document.realtime_at);
  settings.clock_rate = plan.clock_rate;
  settings.simulated = plan.simulated;
  for (const auto& chain : plan.chains) settings.chains.push_back(chain.settings);
  return settings;
}

void add_node(const PlannedNode& node, Draft& draft) {
  HostSettings& process = process_of(node.process, draft);
  process.nodes.push_back(node.host);
  if (is_program(node.host.library)) process.program = node.host.library;
  const std::string& executor = node.host.executor;
  const bool known =
      std::ranges::find(process.executors, executor, &HostExecutor::name) != process.executors.end();
  if (!executor.empty() && !known) process.executors.push_back(plan_executor(executor, draft));
}

void warn_of_unused_executors(Draft& draft) {
  for (const auto& entry : draft.document.executors) {
    const std::string& name = entry.executor.name;
    const bool used =
        std::ranges::any_of(draft.plan.nodes, [&](const auto& node) { return node.host.executor == name; });
    if (!used) draft.warn(entry.at, fmt::format("executor '{}' calls no node and is not started", name));
  }
}

}  // namespace

void place_nodes(Draft& draft) {
  const ProcessOfMember process_of = read_members(draft);
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) {
    PlannedNode& node = draft.plan.nodes[i];
    const NodeEntryText& entry = draft.document.nodes[i];
    const bool looping = node.host.trigger.kind == TriggerKind::kSelfLooping;
    const auto found = process_of.find(looping ? entry.name : node.host.executor);
    const bool placed = found != process_of.end();
    node.process = placed ? found->second : kMain;
    if (is_program(node.host.library)) place_program(node, entry, placed, draft);
  }
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) check_alone(i, draft);
}

void plan_processes(Draft& draft) {
  for (const auto& node : draft.plan.nodes) add_node(node, draft);
  warn_of_unused_executors(draft);
}

}  // namespace tactus::launch_file
