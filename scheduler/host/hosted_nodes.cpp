// SPDX-License-Identifier: Apache-2.0
#include "hosted_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tactus {

NodeServices HostedNodes::services_for(const std::string& name, NodeCounters& counters, NodeSeat seat) {
  const auto add_metric = [this, &counters](std::string_view metric,
                                            std::string_view unit) -> MetricCounters& {
    return services_.add_metric(counters, metric, unit);
  };
  return {seat.transport, logs_.add(name),  std::move(seat.doorbell), std::move(seat.wait),
          add_metric,     settings_.chains, seat.simulated,           seat.takes_ns};
}

HostedNode& HostedNodes::construct(const HostNode& node, const std::function<NodeSeat()>& take_seat) try {
  const std::string& name = node.settings.name;
  auto library = std::make_unique<NodeLibrary>(node.library);
  const NodeEntry& entry = library->entry();
  const HostServices::Place place = services_.add_node(name);
  NodeSeat seat = take_seat();
  const HostServices::WorkerPlace worker = seat.worker;
  place.counters->worker.store(worker.worker + 1);
  auto runner = std::make_unique<NodeRunner>(
      NodeRunner::Options{node.settings, {node.trigger, node.deadline_ns, node.budget_ns}, node.restart},
      entry, services_for(name, *place.counters, std::move(seat)),
      NodePlace{*place.counters, *place.times, *worker.recorder, place.node});
  runner->construct();
  return nodes_.emplace_back(HostedNode{&node, place.counters, std::move(library), std::move(runner)});
} catch (const HostError&) {
  throw;
} catch (const std::exception& error) {
  throw HostError{fmt::format("node {}: {}", node.settings.name, error.what())};
}

HostedNodes::Called HostedNodes::called_by(const HostExecutor& executor) const {
  Called called{nodes_.size(), {}};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const HostNode& plan = *nodes_[i].plan;
    if (plan.trigger.kind == TriggerKind::kSelfLooping || plan.executor != executor.name) continue;
    called.first = std::min(called.first, i);
    called.runners.push_back(nodes_[i].runner.get());
  }
  return called;
}

HostedNode* HostedNodes::find(const std::string& name) {
  const auto found =
      std::ranges::find_if(nodes_, [&](const HostedNode& node) { return node.runner->name() == name; });
  return found == nodes_.end() ? nullptr : &*found;
}

}  // namespace tactus
