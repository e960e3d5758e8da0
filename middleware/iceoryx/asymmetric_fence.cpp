// SPDX-License-Identifier: Apache-2.0
#include "asymmetric_fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tactus::shm {
namespace {

bool membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0) == 0; }

bool can_interrupt_threads() noexcept {
#ifdef __SANITIZE_THREAD__  // which does not see what membarrier() does
  return false;
#else
  return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
#endif
}

std::atomic<int> order{0};

}  // namespace

const bool detail::membarrier_works = can_interrupt_threads();

void detail::full_fence() noexcept { order.fetch_add(1, std::memory_order_seq_cst); }

void asymmetric_fence_heavy() noexcept {
  detail::full_fence();
  if (detail::membarrier_works) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace tactus::shm
