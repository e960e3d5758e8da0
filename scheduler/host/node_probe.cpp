// SPDX-License-Identifier: Apache-2.0
#include "node_probe.hpp"

#include <algorithm>

namespace tactus {
namespace {

// The node's thread is the only writer: a plain add, no locked instruction.
template <typename T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

NodeProbe::NodeProbe(NodeCounters& counters, std::string_view name) noexcept : counters_{counters} {
  const std::size_t size = std::min(name.size(), counters_.name.size() - 1);
  std::copy_n(name.data(), size, counters_.name.data());
  counters_.name[size] = '\0';
}

void NodeProbe::begin(NodePhase phase, std::uint64_t cycle, std::int64_t start_ns) noexcept {
  counters_.cycle.store(cycle, std::memory_order_relaxed);
  counters_.call_start_ns.store(start_ns, std::memory_order_relaxed);
  counters_.phase.store(phase, std::memory_order_release);
}

void NodeProbe::end(NodePhase phase, std::int64_t run_ns) noexcept {
  counters_.phase.store(NodePhase::kIdle, std::memory_order_release);
  if (phase != NodePhase::kStep) return;
  add(counters_.runs, std::uint64_t{1});
  add(counters_.run_ns_total, run_ns);
  if (run_ns > counters_.run_ns_max.load(std::memory_order_relaxed)) {
    counters_.run_ns_max.store(run_ns, std::memory_order_relaxed);
  }
}

void NodeProbe::deadline_missed() noexcept { add(counters_.deadline_misses, std::uint64_t{1}); }

void NodeProbe::over_budget() noexcept { add(counters_.budget_overruns, std::uint64_t{1}); }

void NodeProbe::input_stale() noexcept { add(counters_.stale_inputs, std::uint64_t{1}); }

void NodeProbe::releases_skipped(std::uint64_t count) noexcept { add(counters_.skipped, count); }

void NodeProbe::fault() noexcept { add(counters_.faults, std::uint64_t{1}); }

void NodeProbe::set_state(NodeState state) noexcept {
  counters_.state.store(state, std::memory_order_release);
}

NodeState NodeProbe::state() const noexcept { return counters_.state.load(std::memory_order_acquire); }

}  // namespace tactus
