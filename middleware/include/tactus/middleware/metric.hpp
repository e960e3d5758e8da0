// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tactus/middleware/pages.hpp"

namespace tactus {

/// What a node writes its measurements with. Thread: the node's. Never blocks, never allocates.
class Metric {
 public:
  Metric() = default;  ///< records nothing
  explicit Metric(MetricCounters& counters) noexcept : counters_{&counters} {}

  /// NaN and infinite values are counted apart and change nothing else.
  void record(double value) noexcept;

 private:
  MetricCounters* counters_ = nullptr;
};

/// The value below which the fraction `q` (0 to 1) of all records lies; 0 when there are none. Within 3.2 %
/// for values from 1e-9 to 1e9. Any thread, any process.
[[nodiscard]] double quantile(const MetricCounters& metric, double q) noexcept;

/// All that a table shows of one metric, read at one time.
struct MetricSummary {
  std::string name;
  std::string unit;
  std::uint64_t count = 0;
  std::uint64_t rejected = 0;
  double last = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double p50 = 0;
  double p99 = 0;
};
[[nodiscard]] MetricSummary summarize(const MetricCounters& metric);

/// Names an entry that is unused so far; longer names are cut.
void name_metric(MetricCounters& metric, std::string_view name, std::string_view unit,
                 std::uint32_t node) noexcept;

/// The next entry of a page, named and visible to readers; nullptr when all are used. One thread at a time.
[[nodiscard]] MetricCounters* add_metric(ProcessPage& page, std::string_view name, std::string_view unit,
                                         std::uint32_t node) noexcept;

}  // namespace tactus
