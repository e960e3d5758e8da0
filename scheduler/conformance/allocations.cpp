// SPDX-License-Identifier: Apache-2.0
#include "allocations.hpp"

#include <cerrno>
#include <cstddef>

namespace tactus::testing {
namespace {

thread_local std::uint64_t allocations = 0;

}  // namespace

std::uint64_t allocations_of_this_thread() noexcept { return allocations; }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool counts_allocations() noexcept { return false; }

}  // namespace tactus::testing

#else

bool counts_allocations() noexcept { return true; }

}  // namespace tactus::testing

// The program's definitions come before the C library's for every shared object; operator new calls malloc.
extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  ++tactus::testing::allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++tactus::testing::allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  ++tactus::testing::allocations;
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++tactus::testing::allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"

#endif
