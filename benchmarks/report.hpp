// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
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
  double ours_syscalls = -1;  ///< per message; negative: not counted
  double theirs_syscalls = -1;
  [[nodiscard]] double ratio() const { return theirs.p50 > 0 ? ours.p50 / theirs.p50 : 0; }
};

/// Prints the rows as a table and, when `json_path` is not empty, writes them with the facts of the machine
/// (CPU, kernel, cores, whether /dev/cpu_dma_latency was held). Throws std::runtime_error when it cannot
/// write.
void report(const std::string& title, const std::vector<Row>& rows, const std::string& json_path);

}  // namespace tactus::benchmarks
