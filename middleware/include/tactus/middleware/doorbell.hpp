// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace tactus {

/// The one thing a thread of ours sleeps on: a futex word. Who publishes rings it after all pushes; the
/// waiter answers it *before* it drains its queues, so that no ring is lost. Lies in shared memory or
/// anywhere else, alone in its cache line.
class alignas(64) Doorbell {
 public:
  enum State : std::uint32_t { kEmpty, kSleeping, kRung };

  /// Any thread, any process. Never blocks; a system call only when somebody sleeps.
  void ring() noexcept {
    if (word_.exchange(kRung, std::memory_order_seq_cst) == kSleeping) wake();
  }
  /// The waiter, before it looks for data. True when it was rung since the last time.
  bool answer() noexcept { return word_.exchange(kEmpty, std::memory_order_seq_cst) == kRung; }
  /// True when it was rung since the last answer().
  [[nodiscard]] bool rung() const noexcept { return word_.load(std::memory_order_relaxed) == kRung; }
  /// The waiter: sleeps until rung or until CLOCK_MONOTONIC reaches `until_ns`. Returns at once when it was
  /// rung already. True when rung.
  bool wait_until(std::int64_t until_ns) noexcept;

 private:
  void wake() noexcept;
  std::atomic<std::uint32_t> word_{kEmpty};
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// The doorbell of the calling thread, if it looks for data before it sleeps whatever happened: publishers on
/// this thread need not ring it. nullptr: none.
[[nodiscard]] const Doorbell* own_doorbell() noexcept;
void set_own_doorbell(const Doorbell* doorbell) noexcept;

}  // namespace tactus
