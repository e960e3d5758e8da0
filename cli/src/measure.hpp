// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph.hpp"

namespace CLI {
class App;
}

/// What hz, bw and delay share: counters read again and again. Adds no subscriber.
namespace rtctl {

struct MeasureOptions {
  std::vector<std::string> topics;  ///< empty: all of the group
  std::string group;
  std::string window = "1s";
  std::uint64_t count = 0;  ///< 0: until Ctrl-C
  bool json = false;
};
void add_measure_options(CLI::App& verb, MeasureOptions& options);

/// One topic at the start and at the end of a window.
struct Measured {
  Topic before;
  Topic after;
  double seconds = 0;
};
struct Report {
  std::string text;  ///< a table
  std::string json;  ///< one line
};

/// Prints a report per window: drawn over the one before on a terminal. Topics that went away are left out.
/// Throws Failure: nothing is running, a name that does not exist.
int measure(const std::string& verb, const MeasureOptions& options,
            const std::function<Report(const std::vector<Measured>&)>& report);

}  // namespace rtctl
