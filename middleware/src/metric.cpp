// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/metric.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace tactus {
namespace {

using Counters = MetricCounters;

constexpr int kMantissaBits = 52;
constexpr int kStepBits = 4;
constexpr std::uint32_t kLastBucket = Counters::kBuckets - 1;
static_assert(Counters::kSteps == 1U << kStepBits);

std::uint32_t bucket_of(double value) noexcept {
  if (value < std::ldexp(1.0, Counters::kLeastExponent)) return 0;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int exponent = static_cast<int>(bits >> kMantissaBits) - 1023;
  if (exponent >= Counters::kMostExponent) return kLastBucket;
  const auto step = static_cast<std::uint32_t>(bits >> (kMantissaBits - kStepBits)) & (Counters::kSteps - 1);
  return 1 + static_cast<std::uint32_t>(exponent - Counters::kLeastExponent) * Counters::kSteps + step;
}

double middle_of(std::uint32_t bucket) noexcept {
  const int exponent = Counters::kLeastExponent + static_cast<int>((bucket - 1) / Counters::kSteps);
  const double step = static_cast<double>((bucket - 1) % Counters::kSteps) + 0.5;
  return std::ldexp(1.0 + step / Counters::kSteps, exponent);
}

// The node's thread is the only writer: no locked instruction.
template <typename T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void copy_text(std::string_view text, std::span<char> to) noexcept {
  std::ranges::fill(to, '\0');
  std::copy_n(text.data(), std::min(text.size(), to.size() - 1), to.data());
}

}  // namespace

void Metric::record(double value) noexcept {
  if (counters_ == nullptr) return;
  Counters& c = *counters_;
  if (!std::isfinite(value)) return add(c.rejected, std::uint64_t{1});
  const bool first = c.count.load(std::memory_order_relaxed) == 0;
  if (first || value < c.min.load(std::memory_order_relaxed)) c.min.store(value, std::memory_order_relaxed);
  if (first || value > c.max.load(std::memory_order_relaxed)) c.max.store(value, std::memory_order_relaxed);
  c.last.store(value, std::memory_order_relaxed);
  add(c.sum, value);
  add(c.buckets[bucket_of(value)], std::uint64_t{1});
  c.count.store(c.count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

double quantile(const MetricCounters& metric, double q) noexcept {
  std::uint64_t total = 0;
  for (const auto& bucket : metric.buckets) total += bucket.load(std::memory_order_relaxed);
  const double least = metric.min.load(std::memory_order_relaxed);
  const double most = metric.max.load(std::memory_order_relaxed);
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total)));
  std::uint64_t below = 0;
  for (std::uint32_t i = 0; i < Counters::kBuckets && total > 0; ++i) {
    below += metric.buckets[i].load(std::memory_order_relaxed);
    if (below < std::max<std::uint64_t>(rank, 1)) continue;
    if (i == 0) return least;
    if (i == kLastBucket) return most;
    return std::max(least, std::min(middle_of(i), most));
  }
  return total == 0 ? 0 : most;
}

MetricSummary summarize(const MetricCounters& metric) {
  MetricSummary summary;
  summary.name = metric.name.data();
  summary.unit = metric.unit.data();
  summary.count = metric.count.load(std::memory_order_acquire);
  summary.rejected = metric.rejected.load(std::memory_order_relaxed);
  summary.last = metric.last.load(std::memory_order_relaxed);
  summary.min = metric.min.load(std::memory_order_relaxed);
  summary.max = metric.max.load(std::memory_order_relaxed);
  if (summary.count > 0)
    summary.mean = metric.sum.load(std::memory_order_relaxed) / static_cast<double>(summary.count);
  summary.p50 = quantile(metric, 0.5);
  summary.p99 = quantile(metric, 0.99);
  return summary;
}

void name_metric(MetricCounters& metric, std::string_view name, std::string_view unit,
                 std::uint32_t node) noexcept {
  copy_text(name, metric.name);
  copy_text(unit, metric.unit);
  metric.node = node;
}

MetricCounters* add_metric(ProcessPage& page, std::string_view name, std::string_view unit,
                           std::uint32_t node) noexcept {
  const std::uint32_t index = page.metrics_used.load(std::memory_order_relaxed);
  if (index >= page.metrics.size()) return nullptr;
  name_metric(page.metrics[index], name, unit, node);
  page.metrics_used.store(index + 1, std::memory_order_release);
  return &page.metrics[index];
}

}  // namespace tactus
