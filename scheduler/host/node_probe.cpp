// SPDX-License-Identifier: Apache-2.0
#include "node_probe.hpp"

#include <algorithm>
#include <utility>

#include "tactus/middleware/prefetch.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

// The node's thread is the only writer: a plain add, no locked instruction.
template <typename T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

NodeProbe::NodeProbe(const NodePlace& place, FlightLog& flight, std::string_view name) noexcept
    : counters_{place.counters}, times_{place.times}, flight_{flight} {
  const std::size_t size = std::min(name.size(), counters_.name.size() - 1);
  std::copy_n(name.data(), size, counters_.name.data());
  counters_.name[size] = '\0';
}

void NodeProbe::declare(std::int64_t period_ns, std::int64_t deadline_ns, std::int64_t budget_ns) noexcept {
  counters_.period_ns.store(period_ns, std::memory_order_relaxed);
  counters_.deadline_ns.store(deadline_ns, std::memory_order_relaxed);
  counters_.budget_ns.store(budget_ns, std::memory_order_relaxed);
}

void NodeProbe::begin(NodePhase phase, std::uint64_t cycle, std::int64_t due_ns,
                      std::int64_t start_ns) noexcept {
  call_ = {phase, cycle, due_ns, start_ns};
  counters_.cycle.store(cycle, std::memory_order_relaxed);
  counters_.call_start_ns.store(start_ns, std::memory_order_relaxed);
  counters_.phase.store(phase, std::memory_order_release);
  flight_.started(phase, cycle, due_ns, start_ns);
}

void NodeProbe::end(std::int64_t end_ns, std::uint8_t outcome) noexcept {
  counters_.phase.store(NodePhase::kIdle, std::memory_order_release);
  flight_.ended(call_.cycle, end_ns - call_.start_ns, outcome, end_ns);
  if ((outcome & kFlightDeadlineMissed) != 0) add(counters_.deadline_misses, std::uint64_t{1});
  if ((outcome & kFlightOverBudget) != 0) add(counters_.budget_overruns, std::uint64_t{1});
  if (call_.phase == NodePhase::kRun) return measure(call_, end_ns);
  if (call_.phase != NodePhase::kStep) return;
  const std::int64_t run_ns = end_ns - call_.start_ns;
  add(counters_.runs, std::uint64_t{1});
  add(counters_.run_ns_total, run_ns);
  if (run_ns > counters_.run_ns_max.load(std::memory_order_relaxed)) {
    counters_.run_ns_max.store(run_ns, std::memory_order_relaxed);
  }
  measure(call_, end_ns);
}

void NodeProbe::measure(const Call& call, std::int64_t end_ns) noexcept {
  if (last_start_ns_ != 0) times_.period.record(last_period_ns_ = call.start_ns - last_start_ns_);
  last_start_ns_ = call.start_ns;
  times_.jitter.record(last_jitter_ns_ = clamped_difference(call.start_ns, call.due_ns));
  times_.run.record(last_run_ns_ = end_ns - call.start_ns);
  times_.response.record(last_response_ns_ = clamped_difference(end_ns, call.due_ns));
}

/// The next times are much like the last ones.
void NodeProbe::warm() const noexcept {
  prefetch(counters_);
  for (const auto& [histogram, ns] :
       {std::pair{&times_.period, last_period_ns_}, std::pair{&times_.jitter, last_jitter_ns_},
        std::pair{&times_.run, last_run_ns_}, std::pair{&times_.response, last_response_ns_}}) {
    prefetch(histogram->max_ns);
    prefetch(histogram->buckets[TimeHistogram::bucket_of(ns)]);
  }
}

void NodeProbe::waits(std::int64_t now_ns) noexcept {
  if (call_.phase != NodePhase::kRun) return;
  flight_.ended(call_.cycle, now_ns - call_.start_ns, 0, now_ns);
  measure(call_, now_ns);
}

void NodeProbe::wakes(std::int64_t now_ns) noexcept {
  if (call_.phase != NodePhase::kRun) return;
  call_ = {NodePhase::kRun, call_.cycle + 1, now_ns, now_ns};
  flight_.started(NodePhase::kRun, call_.cycle, now_ns, now_ns);
}

void NodeProbe::input_stale() noexcept { add(counters_.stale_inputs, std::uint64_t{1}); }

void NodeProbe::releases_skipped(std::uint64_t count, std::int64_t now_ns) noexcept {
  add(counters_.skipped, count);
  flight_.skipped(count, now_ns);
}

void NodeProbe::fault() noexcept { add(counters_.faults, std::uint64_t{1}); }

void NodeProbe::set_state(NodeState state) noexcept {
  counters_.state.store(state, std::memory_order_release);
}

NodeState NodeProbe::state() const noexcept { return counters_.state.load(std::memory_order_acquire); }

}  // namespace tactus
