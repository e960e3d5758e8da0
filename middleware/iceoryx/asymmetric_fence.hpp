// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

/// Two fences that belong together, one of which costs nothing (as C++26 names them): of a thread that
/// stores, passes the light one and loads, and a thread that stores, passes the heavy one and loads, at least
/// one sees what the other has stored. Where the kernel denies membarrier(2) both are full fences.
namespace tactus::shm {

namespace detail {
extern const bool membarrier_works;
/// The thread sanitizer knows no fences, but an order of changes of one number.
void full_fence() noexcept;
}  // namespace detail

/// A full fence waits for all stores before it: tens of nanoseconds where they miss the cache.
inline void asymmetric_fence_light() noexcept {
  if (!detail::membarrier_works) return detail::full_fence();
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Interrupts every thread of this process that runs: a few microseconds.
void asymmetric_fence_heavy() noexcept;

}  // namespace tactus::shm
