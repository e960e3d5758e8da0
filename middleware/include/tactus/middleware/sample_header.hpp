// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tactus {

/// Who published: unique over the life of a broker generation.
struct PublisherId {
  std::uint32_t host = 0;
  std::uint32_t process = 0;
  std::uint32_t generation = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const PublisherId&, const PublisherId&) = default;
};

/// Origin of data along one declared chain. `origin_id` 0 means the slot is empty.
struct ChainSlot {
  std::uint32_t origin_id = 0;
  std::uint32_t origin_sequence = 0;  ///< low 32 bits of the source's sequence number
  std::int64_t capture_time_ns = 0;   ///< group clock, nanoseconds since the epoch
};

inline constexpr std::uint32_t kMaxChains = 4;
using Origins = std::array<ChainSlot, kMaxChains>;

inline constexpr std::uint16_t kSampleHeaderVersion = 2;

/// Travels beside every message (iceoryx user header). 128 bytes, versioned, plain data. What every take()
/// reads comes first: it lies in the cache line that iceoryx reads anyway.
struct SampleHeader {
  std::uint16_t version = kSampleHeaderVersion;
  std::uint16_t flags = 0;
  std::uint32_t clock_id = 0;        ///< of the clock that the capture times are on (on_group_clock)
  std::uint64_t sequence = 0;        ///< per publisher, starts at 1, +1 per published message
  std::int64_t capture_time_ns = 0;  ///< what the publisher said with captured_at(), else the publish time
  PublisherId publisher;
  std::int64_t publish_time_ns = 0;  ///< group clock, nanoseconds since the epoch
  std::uint64_t block_bytes = 0;     ///< bytes of the message block that are in use
  Origins chains{};                  ///< what the message descends from; a chain may lie in any slot
  std::uint64_t reserved = 0;
};
static_assert(sizeof(SampleHeader) == 128 && offsetof(SampleHeader, publisher) == 24);

/// The slot of a chain; nullptr when the message does not descend from its source.
[[nodiscard]] constexpr const ChainSlot* find_origin(const Origins& origins, std::uint32_t id) noexcept {
  for (const ChainSlot& slot : origins) {
    if (slot.origin_id == id && id != 0) return &slot;
  }
  return nullptr;
}

/// The slot to write a chain into: its own, else an empty one; nullptr when other chains fill all of them.
[[nodiscard]] constexpr ChainSlot* slot_for(Origins& origins, std::uint32_t id) noexcept {
  ChainSlot* empty = nullptr;
  for (ChainSlot& slot : origins) {
    if (slot.origin_id == id) return &slot;
    if (slot.origin_id == 0 && empty == nullptr) empty = &slot;
  }
  return empty;
}

/// Per chain the newer origin of both.
constexpr void merge_origins(Origins& into, const Origins& from) noexcept {
  for (const ChainSlot& slot : from) {
    if (slot.origin_id == 0) continue;
    ChainSlot* mine = slot_for(into, slot.origin_id);
    if (mine != nullptr && (mine->origin_id == 0 || mine->capture_time_ns < slot.capture_time_ns))
      *mine = slot;
  }
}

}  // namespace tactus
