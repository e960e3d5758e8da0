// SPDX-License-Identifier: Apache-2.0
#include "in_call.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tactus::shm {
namespace {

std::atomic<bool> is_forked{false};

ThreadFlag& claim_flag(ProcessPage& page) noexcept {
  const auto tid = static_cast<std::uint32_t>(syscall(SYS_gettid));
  for (ThreadFlag& flag : page.threads) {
    std::uint32_t free = 0;
    if (flag.tid.compare_exchange_strong(free, tid)) return flag;
  }
  return page.threads.back();
}

}  // namespace

bool forked() noexcept { return is_forked.load(std::memory_order_relaxed); }

void watch_forks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { is_forked = true; });
  static_cast<void>(registered);
}

ThreadFlag& thread_flag(ProcessPage& page) noexcept {
  struct Claimed {
    ProcessPage* page;
    ThreadFlag* flag;
  };
  // Read twice per call into iceoryx: without a call into the dynamic linker.
  __attribute__((tls_model("initial-exec"))) thread_local Claimed mine{};
  if (mine.page != &page) mine = {&page, &claim_flag(page)};
  return *mine.flag;
}

}  // namespace tactus::shm
