// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flight.hpp"

namespace rtctl {

/// What /proc says of a thread so far.
struct ThreadTimes {
  std::int64_t cpu_ns = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  bool known = false;  ///< false: the thread is gone
};
/// The text of /proc/PID/task/TID/stat; `ticks_per_second` as sysconf(_SC_CLK_TCK) tells.
[[nodiscard]] ThreadTimes parse_thread_stat(std::string_view stat, long ticks_per_second);
[[nodiscard]] ThreadTimes read_thread_times(int pid, std::uint32_t tid);

/// A thread that calls nodes, at one instant.
struct ThreadLook {
  std::string thread, process, group, policy, cpus;  ///< policy: "fifo 80", "other"; cpus: "0-1"
  int pid = 0;
  std::uint32_t tid = 0;
  std::uint64_t passes = 0, lost_wakes = 0;
  std::string doing;  ///< a node, "waits", or "-"
  ThreadTimes times;
};
[[nodiscard]] std::vector<ThreadLook> look_at_threads(const std::vector<HostPage>& pages);

/// Between two looks. Of a thread that only the second one knows, nothing.
struct ThreadLoad {
  ThreadLook thread;
  double cpu_percent = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  double passes_per_second = 0;
};
/// The busiest first.
[[nodiscard]] std::vector<ThreadLoad> loads_between(const std::vector<ThreadLook>& before,
                                                    const std::vector<ThreadLook>& after, double seconds);

/// "0-1,3"; "-" for none.
[[nodiscard]] std::string cpus_text(const tactus::WorkerCounters& worker);

}  // namespace rtctl
