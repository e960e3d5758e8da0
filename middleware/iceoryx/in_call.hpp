// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/pages.hpp"

namespace tactus::shm {

/// Set in a child after fork(): iceoryx's runtime belongs to the parent.
[[nodiscard]] bool forked() noexcept;
/// From now on forked() tells. Any number of times.
void watch_forks();

/// The calling thread's flag in its process' page. More threads than flags share the last one.
[[nodiscard]] ThreadFlag& thread_flag(ProcessPage& page) noexcept;

/// Raised while a call into iceoryx may hold a lock in shared memory or a chunk that nobody else knows of.
/// The broker reads it when this thread has been stopped or is dead: all it stored before is visible then, so
/// the order of the program is enough. Calls do not nest.
class InCall {
 public:
  /// A call that creates or destroys ports or the runtime.
  explicit InCall(ProcessPage& page) noexcept : InCall{page, ThreadFlag::kOtherCall} {}
  /// A call that moves a chunk of this endpoint.
  InCall(ProcessPage& page, const EndpointPlace& place) noexcept : InCall{page, place.counters + 1} {}
  ~InCall() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (shared_)
      flag_.in_call.fetch_sub(ThreadFlag::kOtherCall);
    else
      flag_.in_call.store(0, std::memory_order_relaxed);
  }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  InCall(ProcessPage& page, std::uint32_t what) noexcept
      : flag_{thread_flag(page)}, shared_{&flag_ == &page.threads.back()} {
    if (shared_)
      flag_.in_call.fetch_add(ThreadFlag::kOtherCall);
    else
      flag_.in_call.store(what, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ThreadFlag& flag_;
  bool shared_;
};

}  // namespace tactus::shm
