// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>

#include "tactus/middleware/time.hpp"

namespace tactus {

/// How long something took, again and again, in constant memory. All-zero is empty. One thread writes.
struct TimeHistogram {
  /// Exact below 16 ns, then 16 equal steps per power of two up to 2^36 ns (69 s): a quantile is within 3.2 %
  /// of the recorded value. The last bucket holds what is longer.
  static constexpr std::uint32_t kSteps = 16;
  static constexpr int kStepBits = 4;
  static constexpr int kMostExponent = 36;
  static constexpr std::uint32_t kBuckets = kSteps + (kMostExponent - kStepBits) * kSteps;

  std::atomic<std::int64_t> max_ns{0};
  std::atomic<std::int64_t> total_ns{0};
  std::array<std::atomic<std::uint32_t>, kBuckets> buckets{};  ///< each stays at its maximum

  [[nodiscard]] static constexpr std::uint32_t bucket_of(std::int64_t ns) noexcept {
    if (ns < kSteps) return ns < 0 ? 0 : static_cast<std::uint32_t>(ns);
    const int exponent = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(ns))) - 1;
    if (exponent >= kMostExponent) return kBuckets - 1;
    const auto step = static_cast<std::uint32_t>(ns >> (exponent - kStepBits)) & (kSteps - 1);
    return kSteps + static_cast<std::uint32_t>(exponent - kStepBits) * kSteps + step;
  }

  /// Constant time; negative ones count as 0.
  void record(std::int64_t ns) noexcept {
    if (ns < 0) ns = 0;
    if (ns > max_ns.load(std::memory_order_relaxed)) max_ns.store(ns, std::memory_order_relaxed);
    total_ns.store(clamped_sum(total_ns.load(std::memory_order_relaxed), ns), std::memory_order_relaxed);
    auto& bucket = buckets[bucket_of(ns)];
    const std::uint32_t count = bucket.load(std::memory_order_relaxed);
    if (count != std::numeric_limits<std::uint32_t>::max())
      bucket.store(count + 1, std::memory_order_relaxed);
  }
};

/// What a table shows of it, read at one time.
struct TimeSummary {
  std::uint64_t count = 0;
  std::int64_t mean_ns = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t max_ns = 0;
};
[[nodiscard]] TimeSummary summarize(const TimeHistogram& histogram) noexcept;

/// The time below which the fraction `q` (0 to 1) of all lie; 0 when there are none.
[[nodiscard]] std::int64_t quantile_ns(const TimeHistogram& histogram, double q) noexcept;

}  // namespace tactus
