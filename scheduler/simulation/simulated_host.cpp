// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/simulated_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "log_collector.hpp"
#include "simulation.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/node_library.hpp"

namespace tactus {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SimulatedTopic, name, type, publishers, subscribers, messages, dropped,
                                   unmatched, rate_hz, digest)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SimulationReport, simulated_ns, real_ns, end, topics)

std::string to_json_text(const SimulationReport& report) { return nlohmann::json(report).dump(); }

SimulationReport simulation_report_from_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<SimulationReport>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument{fmt::format("the report of a simulation is malformed: {}", error.what())};
  }
}

class SimulatedHost::Impl {
 public:
  Impl(HostSettings settings, HostServices services)
      : settings_{std::move(settings)}, services_{std::move(services)}, logs_{services_.log} {}

  void construct();
  SimulationReport run(const std::stop_token& stop);

 private:
  void construct_node(const HostNode& node);
  NodeServices services_for(const HostNode& node, NodeCounters& counters);
  HostServices::WorkerPlace thread_of(const HostNode& node);
  void add_executor(const HostExecutor& executor);
  /// An agent and the position of its first node in the file.
  struct Placed {
    std::size_t first;
    std::unique_ptr<Agent> agent;
  };

  HostSettings settings_;
  HostServices services_;
  HostServices::WorkerPlace thread_;
  VirtualClock clock_{kSimulationStartNs};
  LogCollector logs_;
  SimulatedTransport transport_;
  std::deque<NodeLibrary> libraries_;
  std::vector<std::unique_ptr<NodeRunner>> nodes_;
  std::vector<Placed> agents_;  ///< their threads end before the nodes
};

void SimulatedHost::Impl::construct() {
  for (const HostNode& node : settings_.nodes) construct_node(node);
  for (const HostExecutor& executor : settings_.executors) add_executor(executor);
  std::ranges::stable_sort(agents_, {}, &Placed::first);
}

NodeServices SimulatedHost::Impl::services_for(const HostNode& node, NodeCounters& counters) {
  const auto add_metric = [this, &counters](std::string_view metric,
                                            std::string_view unit) -> MetricCounters& {
    return services_.add_metric(counters, metric, unit);
  };
  NodeServices services{transport_,
                        logs_.add(node.settings.name),
                        [](const auto&) { return DoorbellId{0}; },
                        {},
                        add_metric,
                        settings_.chains};
  services.simulated = true;
  return services;
}

/// All executors share the thread of the simulation.
HostServices::WorkerPlace SimulatedHost::Impl::thread_of(const HostNode& node) {
  if (node.trigger.kind == TriggerKind::kSelfLooping)
    return services_.add_worker(node.settings.name, WorkerKind::kSelfLooping);
  if (thread_.recorder == nullptr) thread_ = services_.add_worker("simulation", WorkerKind::kExecutor);
  return thread_;
}

void SimulatedHost::Impl::construct_node(const HostNode& node) {
  try {
    const NodeEntry& entry = libraries_.emplace_back(node.library).entry();
    const HostServices::Place place = services_.add_node(node.settings.name);
    NodeCounters& counters = *place.counters;
    const HostServices::WorkerPlace thread = thread_of(node);
    counters.worker.store(thread.worker + 1);
    NodeServices services = services_for(node, counters);
    LoopAgent* loop = nullptr;
    if (node.trigger.kind == TriggerKind::kSelfLooping) {
      auto agent = std::make_unique<LoopAgent>(clock_, node.takes_ns);
      loop = agent.get();
      services.takes_ns = node.takes_ns;
      services.wait = [loop](Time until) { loop->wait_until(until); };
      agents_.push_back({nodes_.size(), std::move(agent)});
    }
    // Calls take no virtual time: a budget says nothing here, and a run time is not the same twice.
    auto& runner = nodes_.emplace_back(std::make_unique<NodeRunner>(
        NodeRunner::Options{node.settings, {node.trigger, node.deadline_ns, 0}}, entry, std::move(services),
        NodePlace{counters, *place.times, *thread.recorder, place.node}));
    runner->construct();
    if (loop != nullptr) loop->set_node(*runner, transport_);
  } catch (const HostError&) {
    throw;
  } catch (const std::exception& error) {
    throw HostError{fmt::format("node {}: {}", node.settings.name, error.what())};
  }
}

void SimulatedHost::Impl::add_executor(const HostExecutor& executor) {
  std::vector<NodeRunner*> runners;
  std::size_t first = nodes_.size();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const HostNode& plan = settings_.nodes[i];
    if (plan.trigger.kind == TriggerKind::kSelfLooping || plan.executor != executor.name) continue;
    first = std::min(first, i);
    runners.push_back(nodes_[i].get());
  }
  if (runners.empty()) return;
  agents_.push_back(
      {first, std::make_unique<ExecutorAgent>(executor.name, std::move(runners), executor.order)});
}

SimulationReport SimulatedHost::Impl::run(const std::stop_token& stop) {
  Simulation simulation{clock_, transport_};
  for (Placed& placed : agents_) simulation.add(std::move(placed.agent));
  agents_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (settings_.nodes[i].ends_launch) simulation.end_with(*nodes_[i]);
  }
  const std::int64_t began_ns = monotonic_ns();
  SimulationReport report;
  report.end = simulation.run(settings_.run_for_ns, stop);
  report.simulated_ns = clock_.now_ns() - kSimulationStartNs;
  report.real_ns = monotonic_ns() - began_ns;
  report.topics = transport_.topics();
  return report;
}

SimulatedHost::SimulatedHost(const HostSettings& settings, HostServices services)
    : impl_{std::make_unique<Impl>(settings, std::move(services))} {}
SimulatedHost::~SimulatedHost() = default;
void SimulatedHost::construct() { impl_->construct(); }
SimulationReport SimulatedHost::run(const std::stop_token& stop) { return impl_->run(stop); }

}  // namespace tactus
