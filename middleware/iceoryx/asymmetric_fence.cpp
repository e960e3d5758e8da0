// SPDX-License-Identifier: Apache-2.0
#include "asymmetric_fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tactus::shm {
namespace {

bool membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0) == 0; }

}  // namespace

const bool detail::membarrier_works = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

void asymmetric_fence_heavy() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (detail::membarrier_works) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace tactus::shm
