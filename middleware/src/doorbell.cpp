// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace tactus {
namespace {

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* until) noexcept {
  return syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation, value, until, nullptr,
                 FUTEX_BITSET_MATCH_ANY);
}

// Without a call into the dynamic linker.
__attribute__((tls_model("initial-exec"))) constinit thread_local const Doorbell* own = nullptr;

}  // namespace

const Doorbell* own_doorbell() noexcept { return own; }
void set_own_doorbell(const Doorbell* doorbell) noexcept { own = doorbell; }

void Doorbell::wake() noexcept { futex(word_, FUTEX_WAKE, INT_MAX, nullptr); }

bool Doorbell::wait_until(std::int64_t until_ns) noexcept {
  std::uint32_t expected = kEmpty;
  if (!word_.compare_exchange_strong(expected, kSleeping, std::memory_order_seq_cst) && expected == kRung)
    return true;
  const timespec until{until_ns / 1'000'000'000, until_ns % 1'000'000'000};
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time. Interruptions and stray wakes just return:
  // callers loop.
  futex(word_, FUTEX_WAIT_BITSET, kSleeping, &until);
  expected = kSleeping;
  return !word_.compare_exchange_strong(expected, kEmpty, std::memory_order_seq_cst) && expected == kRung;
}

}  // namespace tactus
