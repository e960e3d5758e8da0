// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tactus {

inline constexpr std::size_t kCacheLine = 64;

/// Asks for the cache lines and address translations of this memory and does not wait for them. Any address
/// will do: what is not mapped is left out.
inline void prefetch(const void* begin, std::size_t bytes) noexcept {
  const char* line = static_cast<const char*>(begin);
  for (const char* end = line + bytes; line < end; line += kCacheLine) __builtin_prefetch(line);
}
template <typename Object>
void prefetch(const Object& object) noexcept {
  prefetch(&object, sizeof object);
}

}  // namespace tactus
