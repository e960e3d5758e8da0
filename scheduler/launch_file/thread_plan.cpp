// SPDX-License-Identifier: Apache-2.0
// The threads of a plan, and whether they get into each other's way.
#include <fmt/format.h>
#include <unistd.h>

#include <map>

#include "planner.hpp"
#include "thread_conflicts.hpp"

namespace tactus::launch_file {
namespace {

PlannedThread thread_of(const ExecutorEntry& entry) {
  const HostExecutor& executor = entry.executor;
  return {fmt::format("executor '{}'", executor.name), entry.at, {}, executor.thread, executor.spin_ns > 0};
}

PlannedThread thread_of(const PlannedNode& node) {
  return {fmt::format("node '{}'", node.host.settings.name), node.location, {}, node.host.thread};
}

void add_node(const PlannedNode& node, bool has_network, PlannedThread& thread) {
  // Without a network all processes are here; with one each may be on a host of its own.
  if (has_network) thread.host = node.process;
  thread.waits_for.insert(node.host.trigger.topics.begin(), node.host.trigger.topics.end());
  for (const auto& port : node.description.ports) {
    if (port.direction == PortDirection::kOutput) thread.publishes.insert(node.topic_of(port));
  }
}

/// Of executors that the file declares, and of self-looping nodes.
std::vector<PlannedThread> threads_of(const Draft& draft) {
  std::vector<PlannedThread> threads;
  std::map<std::string, std::size_t> of_executor;
  for (const auto& entry : draft.document.executors) {
    of_executor[entry.executor.name] = threads.size();
    threads.push_back(thread_of(entry));
  }
  const bool has_network = draft.document.network.has_value();
  for (const auto& node : draft.plan.nodes) {
    const auto found = of_executor.find(node.host.executor);
    if (found != of_executor.end())
      add_node(node, has_network, threads[found->second]);
    else if (node.host.executor.empty())
      add_node(node, has_network, threads.emplace_back(thread_of(node)));
  }
  return threads;
}

}  // namespace

void check_threads(Draft& draft) {
  const int cpus =
      draft.document.cpus > 0 ? draft.document.cpus : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  auto found = find_thread_conflicts(threads_of(draft), cpus);
  for (auto& problem : found.errors) draft.diagnostics.push_back(std::move(problem));
  for (auto& warning : found.warnings) draft.plan.warnings.push_back(std::move(warning));
}

}  // namespace tactus::launch_file
