// SPDX-License-Identifier: Apache-2.0
#include "plan_load.hpp"

#include <fmt/format.h>

namespace tactus {
namespace {

LoadThread thread_of(const std::string& name, const ThreadSettings& settings, RealtimeMode realtime) {
  LoadThread thread;
  thread.name = name;
  const bool fair = settings.policy == ThreadPolicy::kOther || realtime == RealtimeMode::kOff;
  thread.rank = fair ? 0 : settings.priority;
  thread.cpus = settings.cpus;
  return thread;
}

LoadNode node_of(const PlannedNode& planned, std::size_t thread) {
  const HostNode& host = planned.host;
  LoadNode node;
  node.name = host.settings.name;
  node.thread = thread;
  if (host.trigger.kind == TriggerKind::kEvery) node.period_ns = host.trigger.period_ns;
  node.triggers = host.trigger.topics;
  node.all_triggers = host.trigger.kind == TriggerKind::kOnAll;
  node.budget_ns = host.budget_ns;
  node.deadline_ns = host.deadline_ns;
  for (const PortDescription& port : planned.description.ports) {
    if (port.direction == PortDirection::kOutput) node.publishes.push_back(planned.topic_of(port));
  }
  return node;
}

}  // namespace

Load load_of(const LaunchPlan& plan, std::size_t cpus) {
  Load load;
  load.cpus = cpus;
  for (const HostSettings& process : plan.processes) {
    for (const HostExecutor& executor : process.executors) {
      load.threads.push_back(thread_of(executor.name, executor.thread, plan.realtime));
      for (const PlannedNode* node : call_order_of(plan, process.process, executor))
        load.nodes.push_back(node_of(*node, load.threads.size() - 1));
    }
  }
  for (const PlannedNode& node : plan.nodes) {
    if (node.host.trigger.kind != TriggerKind::kSelfLooping) continue;
    load.threads.push_back(thread_of(node.host.settings.name, node.host.thread, plan.realtime));
    load.threads.back().self_looping = true;
    load.nodes.push_back(node_of(node, load.threads.size() - 1));
  }
  for (const PlannedChain& chain : plan.chains) load.chains.push_back({chain.settings.name, chain.nodes});
  for (const ExpectedRate& rate : plan.expectations) load.rates.push_back({rate.topic, rate.most_hz});
  return load;
}

}  // namespace tactus
