// SPDX-License-Identifier: Apache-2.0
#include "lineage.hpp"

#include <algorithm>

namespace tactus {

void HeldOrigins::add(const void* token, const Origins& origins) noexcept {
  const auto free = std::ranges::find_if(
      held_, [](const Held& held) { return held.token.load(std::memory_order_acquire) == nullptr; });
  if (free == held_.end()) return;  // the transport gives no more than it declared
  free->origins = origins;
  free->token.store(token, std::memory_order_release);
}

void HeldOrigins::remove(const void* token) noexcept {
  const auto held = std::ranges::find_if(
      held_, [token](const Held& entry) { return entry.token.load(std::memory_order_relaxed) == token; });
  if (held != held_.end()) held->token.store(nullptr, std::memory_order_release);
}

void HeldOrigins::merge_into(Origins& origins) const noexcept {
  for (const Held& held : held_) {
    if (held.token.load(std::memory_order_acquire) != nullptr) merge_origins(origins, held.origins);
  }
}

Origins Lineage::origins() const noexcept {
  Origins origins = taken_;
  for (const HeldOrigins& input : inputs_) input.merge_into(origins);
  return origins;
}

}  // namespace tactus
