// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flight.hpp"
#include "tactus/middleware/time_histogram.hpp"

namespace rtctl {

/// How a node's calls went, from its counters.
struct NodeTiming {
  std::string node, group, process, thread, state;
  int pid = 0;
  bool ended = false;                                          ///< its process
  std::int64_t period_ns = 0, deadline_ns = 0, budget_ns = 0;  ///< declared; 0: none
  std::uint64_t runs = 0, deadline_misses = 0, budget_overruns = 0, skipped = 0, faults = 0;
  std::uint64_t inputs_missed =
      0;  ///< messages dropped, rejected or left without a partner, and stale inputs
  tactus::TimeSummary period, jitter, run, response;
};

/// The node's name, for a table.
[[nodiscard]] std::string shown_name(const NodeTiming& timing);

/// Nodes that were never started are left out.
[[nodiscard]] std::vector<NodeTiming> node_timings(const HostPage& page);
[[nodiscard]] std::vector<NodeTiming> node_timings(const std::vector<HostPage>& pages);

}  // namespace rtctl
