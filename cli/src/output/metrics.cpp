// SPDX-License-Identifier: Apache-2.0
#include "output/metrics.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "output/table.hpp"

namespace rtctl {
namespace {

// Four digits are what a histogram's quantiles are good for.
std::string number(double value) { return fmt::format("{:.4g}", value); }

Cell count_of(const tactus::MetricSummary& metric) {
  const std::string count = std::to_string(metric.count);
  if (metric.rejected == 0) return count;
  return {fmt::format("{} (+{} no number)", count, metric.rejected), Style::kWarning};
}

}  // namespace

std::string metrics_text(const std::vector<NodeMetric>& metrics, bool with_node) {
  std::vector<std::string> headings{"METRIC", "UNIT", ">COUNT", ">LAST", ">MEAN", ">P50", ">P99", ">MAX"};
  if (with_node) headings.insert(headings.begin(), "NODE");
  Table table{headings};
  for (const auto& [node, metric] : metrics) {
    const auto shown = [&](double value) { return metric.count > 0 ? number(value) : std::string{"-"}; };
    std::vector<Cell> row{metric.name,        metric.unit,       count_of(metric),  shown(metric.last),
                          shown(metric.mean), shown(metric.p50), shown(metric.p99), shown(metric.max)};
    if (with_node) row.insert(row.begin(), node);
    table.add(std::move(row));
  }
  return table.empty() ? std::string{} : table.text();
}

nlohmann::ordered_json metric_json(const tactus::MetricSummary& metric) {
  return {
      {"name", metric.name}, {"unit", metric.unit}, {"count", metric.count}, {"rejected", metric.rejected},
      {"last", metric.last}, {"mean", metric.mean}, {"min", metric.min},     {"max", metric.max},
      {"p50", metric.p50},   {"p99", metric.p99}};
}

}  // namespace rtctl
