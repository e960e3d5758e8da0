// SPDX-License-Identifier: Apache-2.0
#include "clock_offset.hpp"

#include <algorithm>

#include "tactus/middleware/group_clock.hpp"

namespace tactus::mesh {
namespace {

constexpr std::int64_t kWindowNs = 30'000'000'000;

std::int64_t uncertainty_at(const ClockComparison& measured, std::int64_t monotonic_ns) {
  const std::int64_t age_ns = std::max<std::int64_t>(0, monotonic_ns - measured.measured_ns);
  return measured.uncertainty_ns + age_ns / 1'000'000 * kDriftPartsPerMillion;
}

}  // namespace

void ClockOffset::add(const ClockExchange& exchange, std::int64_t monotonic_ns) {
  // The times come from the network.
  const std::int64_t there = clamped_difference(exchange.received_ns, exchange.asked_ns);
  const std::int64_t back = clamped_difference(exchange.answered_ns, exchange.heard_ns);
  const std::int64_t answering = clamped_difference(exchange.answered_ns, exchange.received_ns);
  const std::int64_t round_trip =
      clamped_difference(clamped_difference(exchange.heard_ns, exchange.asked_ns), answering);
  if (answering < 0 || round_trip < 0 || round_trip > kWindowNs) return;
  const std::int64_t offset = there / 2 + back / 2;
  kept_[count_++ % kKept] = {offset, round_trip / 2 + 1, round_trip, monotonic_ns};
}

std::optional<ClockComparison> ClockOffset::best(std::int64_t monotonic_ns) const {
  const ClockComparison* best = nullptr;
  for (std::size_t i = 0; i < std::min(count_, kKept); ++i) {
    const ClockComparison& one = kept_[i];
    if (monotonic_ns - one.measured_ns > kWindowNs) continue;
    if (best == nullptr || uncertainty_at(one, monotonic_ns) < uncertainty_at(*best, monotonic_ns))
      best = &one;
  }
  return best == nullptr ? std::nullopt : std::optional{*best};
}

}  // namespace tactus::mesh
