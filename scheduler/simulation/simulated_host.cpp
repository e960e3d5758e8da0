// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/simulated_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "hosted_nodes.hpp"
#include "simulation.hpp"
#include "tactus/middleware/time.hpp"

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

namespace {

/// Calls take no virtual time: a budget says nothing here, and a run time is not the same twice. Who faults
/// stays so.
HostSettings simulated(HostSettings settings) {
  for (HostNode& node : settings.nodes) {
    node.budget_ns = 0;
    node.restart = {.when = RestartWhen::kNever};
  }
  return settings;
}

}  // namespace

class SimulatedHost::Impl {
 public:
  Impl(HostSettings settings, HostServices services)
      : settings_{simulated(std::move(settings))}, services_{std::move(services)} {}

  void construct();
  SimulationReport run(const std::stop_token& stop);

 private:
  void construct_node(const HostNode& node);
  void construct_loop(const HostNode& node);
  NodeSeat seat_of(const HostServices::WorkerPlace& worker);
  HostServices::WorkerPlace thread();
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
  SimulatedTransport transport_;
  HostedNodes nodes_{settings_, services_};
  std::vector<Placed> agents_;  ///< their threads end before the nodes
};

void SimulatedHost::Impl::construct() {
  for (const HostNode& node : settings_.nodes) construct_node(node);
  for (const HostExecutor& executor : settings_.executors) add_executor(executor);
  std::ranges::stable_sort(agents_, {}, &Placed::first);
}

/// All executors share the thread of the simulation.
HostServices::WorkerPlace SimulatedHost::Impl::thread() {
  if (thread_.recorder == nullptr) thread_ = services_.add_worker("simulation", WorkerKind::kExecutor);
  return thread_;
}

NodeSeat SimulatedHost::Impl::seat_of(const HostServices::WorkerPlace& worker) {
  NodeSeat seat{worker, transport_, [](const auto&) { return DoorbellId{0}; }};
  seat.simulated = true;
  return seat;
}

void SimulatedHost::Impl::construct_node(const HostNode& node) {
  if (node.trigger.kind == TriggerKind::kSelfLooping) return construct_loop(node);
  nodes_.construct(node, [this] { return seat_of(thread()); });
}

void SimulatedHost::Impl::construct_loop(const HostNode& node) {
  auto agent = std::make_unique<LoopAgent>(clock_, node.takes_ns);
  LoopAgent* loop = agent.get();
  agents_.push_back({nodes_.size(), std::move(agent)});
  const HostedNode& made = nodes_.construct(node, [&] {
    NodeSeat seat = seat_of(services_.add_worker(node.settings.name, WorkerKind::kSelfLooping));
    seat.wait = [loop](Time until) { loop->wait_until(until); };
    seat.takes_ns = node.takes_ns;
    return seat;
  });
  loop->set_node(*made.runner, transport_);
}

void SimulatedHost::Impl::add_executor(const HostExecutor& executor) {
  auto [first, runners] = nodes_.called_by(executor);
  if (runners.empty()) return;
  agents_.push_back(
      {first, std::make_unique<ExecutorAgent>(executor.name, std::move(runners), executor.order)});
}

SimulationReport SimulatedHost::Impl::run(const std::stop_token& stop) {
  Simulation simulation{clock_, transport_};
  for (Placed& placed : agents_) simulation.add(std::move(placed.agent));
  agents_.clear();
  for (const HostedNode& node : nodes_.all()) {
    if (node.plan->ends_launch) simulation.end_with(*node.runner);
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
