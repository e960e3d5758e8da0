// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// What the operating system is asked for on behalf of a thread or the process.
namespace tactus {

enum class ThreadPolicy { kOther, kFifo, kRoundRobin };

struct ThreadSettings {
  ThreadPolicy policy = ThreadPolicy::kOther;
  int priority = 0;       ///< 1-89 for kFifo and kRoundRobin, unused for kOther
  std::vector<int> cpus;  ///< empty: any CPU

  friend bool operator==(const ThreadSettings&, const ThreadSettings&) = default;
};

/// Applies `settings` to the calling thread. Returns one sentence per thing that was denied, saying what
/// was asked, why it was denied and what grants it; empty when all was granted. Allocates. Threads that it
/// begins afterwards inherit the CPUs, not the priority.
[[nodiscard]] std::vector<std::string> apply_to_this_thread(const ThreadSettings& settings);

/// True when the calling thread has policy fifo or rr.
[[nodiscard]] bool runs_in_real_time() noexcept;

/// Timed waits of the calling thread end when they should, not up to 50 us later (policy other). Returns what
/// was denied, as apply_to_this_thread does; empty when granted.
[[nodiscard]] std::string wake_on_time();

/// Keeps the CPUs of this machine out of deep sleep while it lives: a blocked thread wakes in 3 us, not 23.
class CpuLatency {
 public:
  CpuLatency() = default;
  ~CpuLatency();
  CpuLatency(const CpuLatency&) = delete;
  CpuLatency& operator=(const CpuLatency&) = delete;
  /// Returns what was denied; empty when granted. Once.
  [[nodiscard]] std::string hold();

 private:
  int fd_ = -1;
};

/// Names the calling thread (15 bytes are kept) as `top` and `ps -L` show it.
void name_this_thread(const std::string& name);

/// Blocks every signal in the calling thread and in the threads it creates afterwards. Signals that
/// report a fault of the thread itself (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP) stay open; in a
/// process that is traced SIGINT does, too: with it a debugger stops the process.
void block_signals();

/// Locks the pages that are touched into memory (MCL_ONFAULT), so that untouched pools stay untouched. With a
/// limit only what is mapped now: beyond it, mapping more would fail. Returns what was denied, as
/// apply_to_this_thread does; empty when granted.
[[nodiscard]] std::string lock_memory();

}  // namespace tactus
