// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tactus/middleware/metric.hpp"

namespace rtctl {

/// Name of the node, one of its metrics.
using NodeMetric = std::pair<std::string, tactus::MetricSummary>;

/// A table of what nodes measure, with the node's name in each row when there may be several; nothing when
/// there is nothing.
[[nodiscard]] std::string metrics_text(const std::vector<NodeMetric>& metrics, bool with_node);

/// {name, unit, count, rejected, last, mean, min, max, p50, p99}
[[nodiscard]] nlohmann::ordered_json metric_json(const tactus::MetricSummary& metric);

}  // namespace rtctl
