// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/scheduler/simulated_host.hpp"

namespace tactus {
namespace {

// Far more than any graph needs to come to rest.
constexpr int kMostSweeps = 10'000;

/// The page that all virtual clocks write: the process may read it until its end.
ClockPage& clock_page() {
  static auto& page = *new ClockPage;
  return page;
}

}  // namespace

VirtualClock::VirtualClock(std::int64_t now_ns) : now_ns_{now_ns} {
  set(now_ns);
  follow_group_clock(clock_page());
}

void VirtualClock::set(std::int64_t now_ns) noexcept {
  now_ns_ = now_ns;
  GroupClock clock;
  clock.base_ns = now_ns;
  clock.start_ns = monotonic_ns();  // what is due at this instant is late from here on
  clock.rate = 0;
  clock.id = 1;
  clock_page().set(clock);
}

void LoopAgent::set_node(NodeRunner& node, SimulatedTransport& transport) {
  node_ = &node;
  for (const auto& input : node.context().inputs()) deliveries_.push_back(&transport.deliveries(input.topic));
}

void LoopAgent::start() {
  free_ns_ = until_ns_ = clock_.now_ns();
  thread_ = std::jthread{[this] { live(); }};
  give_turn();
}

// Start, run and stop are turns of their own.
void LoopAgent::live() {
  turn_.acquire();
  block_signals();
  name_this_thread(node_->name().substr(1));
  const bool started = node_->start();
  back_.release();
  turn_.acquire();
  if (started) node_->run(thread_.get_stop_token());
  node_->stop();
  over_ = true;
  back_.release();
}

void LoopAgent::wait_until(Time until) noexcept {
  if (thread_.get_stop_token().stop_requested()) return;
  free_ns_ = clock_.now_ns() + (work() == worked_ ? 0 : takes_ns_);
  until_ns_ = to_ns(until);
  back_.release();
  turn_.acquire();
  seen_ = arrived();
  worked_ = work();
}

void LoopAgent::give_turn() {
  turn_.release();
  back_.acquire();
}

std::uint64_t LoopAgent::arrived() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t* count : deliveries_) sum += *count;
  return sum;
}

std::uint64_t LoopAgent::work() const {
  std::uint64_t sum = 0;
  for (const auto& input : node_->context().inputs()) sum += input.port->counts().messages;
  for (const auto& output : node_->context().outputs()) sum += output.port->counts().messages;
  return sum;
}

bool LoopAgent::due(std::int64_t now_ns) const { return next_ns() <= now_ns; }

void LoopAgent::run(std::int64_t) { give_turn(); }

std::int64_t LoopAgent::next_ns() const {
  if (over_) return kNever;
  return arrived() != seen_ ? free_ns_ : std::max(free_ns_, until_ns_);
}

void LoopAgent::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  while (!over_) give_turn();
  thread_.join();
}

std::string Simulation::run(std::int64_t run_for_ns, const std::stop_token& stop) {
  for (const auto& agent : agents_) agent->start();
  const std::int64_t end_ns = run_for_ns > 0 ? clock_.now_ns() + run_for_ns : kNever;
  std::string end = go_on(end_ns, stop);
  for (auto agent = agents_.rbegin(); agent != agents_.rend(); ++agent) (*agent)->stop();
  return end;
}

std::string Simulation::go_on(std::int64_t end_ns, const std::stop_token& stop) {
  for (;;) {
    transport_.deliver(clock_.now_ns());
    settle(stop);
    if (stop.stop_requested()) return "it was asked to stop";
    for (const NodeRunner* node : ending_) {
      if (node->state() != NodeState::kRunning) return fmt::format("node {} ended", node->name());
    }
    const std::int64_t next = next_ns();
    if (next == kNever) return "nothing is left to happen";
    clock_.set(std::min(next, end_ns));
    if (next >= end_ns) return "the time is over";
  }
}

void Simulation::settle(const std::stop_token& stop) {
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rest = true;
    for (const auto& agent : agents_) {
      if (stop.stop_requested()) return;
      if (!agent->due(clock_.now_ns())) continue;
      agent->run(clock_.now_ns());
      rest = false;
    }
    if (rest) return;
  }
  std::vector<std::string> busy;
  for (const auto& agent : agents_)
    if (agent->due(clock_.now_ns())) busy.push_back(agent->name());
  throw HostError{fmt::format(
      "simulated time stands still {:.6f} s after the start: {} keep each other busy without end; "
      "break the circle with every:, or with takes: of a self-looping node",
      static_cast<double>(clock_.now_ns() - kSimulationStartNs) * 1e-9, fmt::join(busy, ", "))};
}

std::int64_t Simulation::next_ns() const {
  std::int64_t next = transport_.next_ns();
  for (const auto& agent : agents_) next = std::min(next, agent->next_ns());
  return next;
}

}  // namespace tactus
