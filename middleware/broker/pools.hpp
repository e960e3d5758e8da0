// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tactus/middleware/sample_header.hpp"

/// The pools of the payload segment, as values.
namespace tactus::broker {

/// iceoryx's header, before each chunk and not part of its size.
inline constexpr std::uint32_t kChunkHeaderBytes = 40;

/// Beside the block, a chunk holds the sample header and the offset back to iceoryx's own header.
inline constexpr std::uint32_t kChunkOverheadBytes = sizeof(SampleHeader) + 8;

/// One pool of equally sized chunks.
struct Pool {
  std::uint32_t chunk_bytes;
  std::uint32_t chunks;
  /// Largest block (max_bytes of a publisher) that fits.
  [[nodiscard]] std::uint64_t block_bytes() const { return chunk_bytes - kChunkOverheadBytes; }
};

/// The fixed ladder, 256 B to 16 MB, scaled down in halves to what /dev/shm and the memory have. Throws
/// std::runtime_error with the needed and the available bytes when even the smallest does not fit.
[[nodiscard]] std::vector<Pool> pool_ladder(std::uint64_t shm_free_bytes, std::uint64_t ram_bytes);

/// Index of the pool that messages of this size come from (no pool stands in for another); empty when the
/// largest chunk is too small.
[[nodiscard]] std::optional<std::size_t> pool_of(const std::vector<Pool>& pools, std::uint64_t max_bytes);

}  // namespace tactus::broker
