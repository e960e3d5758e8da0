// SPDX-License-Identifier: Apache-2.0
// LaunchPlan -> the order of calls.
#include "../host/release.hpp"
#include "tactus/scheduler/plan.hpp"

namespace tactus {
namespace {

Flow flow_of(const PlannedNode& node) {
  Flow flow;
  flow.node = node.host.settings.name;
  flow.periodic = node.host.trigger.kind == TriggerKind::kEvery;
  for (const PortDescription& port : node.description.ports) {
    if (port.direction == PortDirection::kOutput)
      flow.outputs.push_back(node.topic_of(port));
    else if (!node.is_delayed(port))
      flow.inputs.push_back(node.topic_of(port));
  }
  return flow;
}

}  // namespace

bool PlannedNode::is_delayed(const PortDescription& input) const {
  const auto found = host.settings.inputs.find(input.name);
  return found != host.settings.inputs.end() && found->second.delayed;
}

std::vector<const PlannedNode*> call_order_of(const LaunchPlan& plan, const std::string& process,
                                              const HostExecutor& executor) {
  std::vector<const PlannedNode*> nodes;
  std::vector<Flow> flows;
  for (const PlannedNode& node : plan.nodes) {
    if (node.process != process || node.host.executor != executor.name) continue;
    nodes.push_back(&node);
    flows.push_back(flow_of(node));
  }
  std::vector<const PlannedNode*> ordered;
  for (const std::size_t index : call_order(flows, executor.order)) ordered.push_back(nodes[index]);
  return ordered;
}

}  // namespace tactus
