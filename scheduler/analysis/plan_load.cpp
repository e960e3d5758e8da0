// SPDX-License-Identifier: Apache-2.0
#include "plan_load.hpp"

#include <fmt/format.h>

#include "../host/release.hpp"

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

bool is_delayed(const PlannedNode& node, const PortDescription& port) {
  const auto input = node.host.settings.inputs.find(port.name);
  return input != node.host.settings.inputs.end() && input->second.delayed;
}

Flow flow_of(const PlannedNode& node) {
  Flow flow;
  flow.node = node.host.settings.name;
  flow.periodic = node.host.trigger.kind == TriggerKind::kEvery;
  for (const PortDescription& port : node.description.ports) {
    if (port.direction == PortDirection::kOutput)
      flow.outputs.push_back(node.topic_of(port));
    else if (!is_delayed(node, port))
      flow.inputs.push_back(node.topic_of(port));
  }
  return flow;
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
      std::vector<const PlannedNode*> nodes;
      std::vector<Flow> flows;
      for (const PlannedNode& node : plan.nodes) {
        if (node.process != process.process || node.host.executor != executor.name) continue;
        nodes.push_back(&node);
        flows.push_back(flow_of(node));
      }
      load.threads.push_back(thread_of(executor.name, executor.thread, plan.realtime));
      for (const std::size_t index : call_order(flows, executor.order))
        load.nodes.push_back(node_of(*nodes[index], load.threads.size() - 1));
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
