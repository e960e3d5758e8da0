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

inline constexpr std::uint16_t kSampleHeaderVersion = 2;

/// Travels beside every message (iceoryx user header). 128 bytes, versioned, plain data. What every take()
/// reads comes first: it lies in the cache line that iceoryx reads anyway.
struct SampleHeader {
  std::uint16_t version = kSampleHeaderVersion;
  std::uint16_t flags = 0;
  std::uint32_t clock_id = 0;        ///< which group clock the times are on
  std::uint64_t sequence = 0;        ///< per publisher, starts at 1, +1 per published message
  std::int64_t capture_time_ns = 0;  ///< when the newest input was captured; publish time for a source
  PublisherId publisher;
  std::int64_t publish_time_ns = 0;  ///< group clock, nanoseconds since the epoch
  std::uint64_t block_bytes = 0;     ///< bytes of the message block that are in use
  std::array<ChainSlot, 4> chains{};
  std::uint64_t reserved = 0;
};
static_assert(sizeof(SampleHeader) == 128 && offsetof(SampleHeader, publisher) == 24);

}  // namespace tactus
