// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Counts heap allocations of the program it is linked into, its libraries included: malloc, calloc, realloc,
/// the aligned ones and operator new. Every function: any thread, never blocks, never allocates.
namespace tactus::testing {

/// False in builds with sanitizers: they have an allocator of their own, nothing is counted.
[[nodiscard]] bool counts_allocations() noexcept;

/// Allocations that the calling thread has made so far.
[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;

}  // namespace tactus::testing
