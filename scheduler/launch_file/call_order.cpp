// SPDX-License-Identifier: Apache-2.0
// LaunchPlan -> the order of calls.
#include "call_order.hpp"

#include <algorithm>

#include "../host/release.hpp"

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

namespace launch_file {
namespace {

bool publishes(const PlannedNode& node, const std::string& topic) {
  return std::ranges::any_of(node.description.ports, [&](const PortDescription& port) {
    return port.direction == PortDirection::kOutput && node.topic_of(port) == topic;
  });
}

}  // namespace

std::vector<LateRead> late_reads_of(const std::vector<const PlannedNode*>& order) {
  std::vector<LateRead> found;
  for (std::size_t reader = 0; reader < order.size(); ++reader) {
    for (const PortDescription& input : order[reader]->description.ports) {
      if (input.direction != PortDirection::kInput) continue;
      const std::string topic = order[reader]->topic_of(input);
      for (std::size_t writer = reader; writer < order.size(); ++writer)
        if (publishes(*order[writer], topic)) found.push_back({order[reader], order[writer], &input, topic});
    }
  }
  return found;
}

}  // namespace launch_file
}  // namespace tactus
