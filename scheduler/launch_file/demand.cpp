// SPDX-License-Identifier: Apache-2.0
#include "../host/host_context.hpp"
#include "document.hpp"

namespace tactus {
namespace {

SubscriberOptions input(const PlannedNode& node, const PortDescription& port) {
  SubscriberOptions options;
  options.node = node.host.settings.name;
  options.topic = node.topic_of(port);
  options.depth = port.depth;
  options.max_held = held_at_once(port.max_held);
  return options;
}

PublisherOptions output(const PlannedNode& node, const PortDescription& port) {
  PublisherOptions options;
  options.node = node.host.settings.name;
  options.topic = node.topic_of(port);
  options.history = port.history;
  options.max_loans = port.max_loans;
  options.max_bytes = port.max_bytes;
  return options;
}

}  // namespace

Reservation demand_of(const LaunchPlan& plan) {
  Reservation demand;
  if (plan.simulated) return demand;  // its messages stay in its process
  for (const HostSettings& process : plan.processes) demand.processes.push_back(process.process);
  for (const PlannedNode& node : plan.nodes) {
    const std::string where = launch_file::text_of(node.location);
    demand.nodes.push_back(node.host.settings.name);
    for (const PortDescription& port : node.description.ports) {
      if (port.direction == PortDirection::kInput)
        demand.subscribers.push_back({input(node, port), where});
      else
        demand.publishers.push_back({output(node, port), where});
    }
  }
  return demand;
}

}  // namespace tactus
