// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "flight_view.hpp"
#include "misses.hpp"

namespace tactus {

struct ChromeTrace {
  std::string json;  ///< a file that Perfetto and chrome://tracing open
  std::size_t calls = 0;
  std::size_t messages = 0;  ///< arrows
  std::size_t misses = 0;
};

/// Chrome's trace event format: per thread one slice for each call, an instant for each miss and drop, and an
/// arrow from each publication to each take of it that both lie in the records. Timestamps are
/// CLOCK_MONOTONIC in us, in their order within each thread.
[[nodiscard]] ChromeTrace chrome_trace(const std::vector<FlightProcess>& processes,
                                       const std::vector<Miss>& misses);

}  // namespace tactus
