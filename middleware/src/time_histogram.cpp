// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/time_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace tactus {
namespace {

using Histogram = TimeHistogram;

std::uint64_t count_of(const Histogram& histogram) noexcept {
  std::uint64_t total = 0;
  for (const auto& bucket : histogram.buckets) total += bucket.load(std::memory_order_relaxed);
  return total;
}

std::int64_t middle_of(std::uint32_t bucket) noexcept {
  if (bucket < Histogram::kSteps) return bucket;
  const std::uint32_t shift = (bucket - Histogram::kSteps) / Histogram::kSteps;
  const std::int64_t step = (bucket - Histogram::kSteps) % Histogram::kSteps + Histogram::kSteps;
  return (step << shift) + ((std::int64_t{1} << shift) >> 1);
}

std::int64_t quantile_of(const Histogram& histogram, std::uint64_t total, double q) noexcept {
  if (total == 0) return 0;
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total)));
  const std::int64_t most = histogram.max_ns.load(std::memory_order_relaxed);
  std::uint64_t below = 0;
  for (std::uint32_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    below += histogram.buckets[i].load(std::memory_order_relaxed);
    if (below >= std::max<std::uint64_t>(rank, 1)) return std::min(middle_of(i), most);
  }
  return most;
}

}  // namespace

std::int64_t quantile_ns(const TimeHistogram& histogram, double q) noexcept {
  return quantile_of(histogram, count_of(histogram), q);
}

TimeSummary summarize(const TimeHistogram& histogram) noexcept {
  TimeSummary summary;
  summary.count = count_of(histogram);
  summary.max_ns = histogram.max_ns.load(std::memory_order_relaxed);
  if (summary.count > 0) {
    summary.mean_ns =
        histogram.total_ns.load(std::memory_order_relaxed) / static_cast<std::int64_t>(summary.count);
  }
  summary.p50_ns = quantile_of(histogram, summary.count, 0.5);
  summary.p99_ns = quantile_of(histogram, summary.count, 0.99);
  return summary;
}

}  // namespace tactus
