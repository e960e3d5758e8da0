// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tactus::benchmarks {

/// p50, p99 and p99.9 of a set of durations, in nanoseconds.
struct Quantiles {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  std::size_t samples = 0;
};

/// Sorts `durations_ns`. All zero when there are none.
[[nodiscard]] Quantiles quantiles(std::vector<double>& durations_ns);

/// One line of a table: what was measured, ours and the peer's.
struct Row {
  std::string name;
  std::string peer;  ///< name of what stands beside ours: "iceoryx", "flatbuffers", "std"
  Quantiles ours;
  Quantiles theirs;
  /// Ours and theirs, per message.
  struct Pair {
    double ours = 0;
    double theirs = 0;
  };
  std::optional<Pair> syscalls{};  ///< empty: not counted
  std::optional<Pair> allocations{};
  [[nodiscard]] double ratio() const { return theirs.p50 > 0 ? ours.p50 / theirs.p50 : 0; }
};

struct Table {
  std::string title;
  std::vector<Row> rows;
};

/// Prints the tables and, when `json_path` is not empty, writes them with the facts: what is known about the
/// machine, and `more` of this run. Throws std::runtime_error when it cannot write.
void report(const std::vector<Table>& tables, const std::map<std::string, std::string>& more,
            const std::string& json_path);

}  // namespace tactus::benchmarks
