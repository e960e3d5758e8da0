// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tactus::benchmarks {

/// Counts the system calls of the thread that made it, its own reads included.
class SyscallCounter {
 public:
  SyscallCounter();
  ~SyscallCounter();
  SyscallCounter(const SyscallCounter&) = delete;
  SyscallCounter& operator=(const SyscallCounter&) = delete;

  /// False: no tracefs (mount -t tracefs tracefs /sys/kernel/tracing), or perf events are not permitted.
  [[nodiscard]] bool works() const { return fd_ >= 0; }
  /// Calls since the last call of this function; that one is not counted.
  [[nodiscard]] std::int64_t take();

 private:
  int fd_ = -1;
  std::int64_t last_ = 0;
};

/// Keeps the CPUs out of deep sleep while it lives, as cyclictest does.
class CpuLatencyHold {
 public:
  CpuLatencyHold();
  ~CpuLatencyHold();
  CpuLatencyHold(const CpuLatencyHold&) = delete;
  CpuLatencyHold& operator=(const CpuLatencyHold&) = delete;
  [[nodiscard]] bool held() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace tactus::benchmarks
