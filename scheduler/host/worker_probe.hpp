// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tactus/middleware/pages.hpp"

namespace tactus {

/// Writes what a thread is and does into its process' page. Thread: the one it describes. After describe()
/// it makes no system call.
class WorkerProbe {
 public:
  /// `counters` outlive the probe.
  explicit WorkerProbe(WorkerCounters& counters) noexcept : counters_{counters} {}

  /// Policy, priority and CPUs as the calling thread runs with them.
  void describe() noexcept;
  void waits(std::int64_t now_ns) noexcept {
    counters_.waiting_since_ns.store(now_ns, std::memory_order_relaxed);
  }
  void wakes() noexcept { counters_.waiting_since_ns.store(0, std::memory_order_relaxed); }
  /// It looked at its nodes once; `lost_wakes`: so far.
  void passed(std::uint64_t lost_wakes) noexcept;

 private:
  WorkerCounters& counters_;
};

}  // namespace tactus
