// SPDX-License-Identifier: Apache-2.0
#include "pools.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

namespace tactus::broker {
namespace {

constexpr std::uint64_t kManagementBytes = 68'000'000;  // RouDi's own segment, touched whole at its start
constexpr std::uint32_t kHeaderBytes = 256;             // what a chunk takes beside its size, generously
constexpr std::uint32_t kMore = 1024;  // a picture of 8 MiB fits the 8 MiB pool, its message around it

/// With iceoryx's header of it, a chunk fills whole cache lines: no two chunks share one.
constexpr std::uint32_t kToCacheLine = 64 - kChunkHeaderBytes % 64;

// Untouched chunks cost nothing but the time in which RouDi zeroes them at its start, 0.3 s per GB.
constexpr Pool kFull[] = {{256, 16384},
                          {512, 16384},
                          {1 << 10, 16384},
                          {2 << 10, 8192},
                          {4 << 10, 8192},
                          {8 << 10, 4096},
                          {16 << 10, 2048},
                          {32 << 10, 1024},
                          {(64 << 10) + kMore, 512},
                          {(128 << 10) + kMore, 512},
                          {(256 << 10) + kMore, 256},
                          {(512 << 10) + kMore, 256},
                          {(1 << 20) + kMore, 128},
                          {(2 << 20) + kMore, 64},
                          {(4 << 20) + kMore, 48},
                          {(8 << 20) + kMore, 24},
                          {(16 << 20) + kMore, 12}};

}  // namespace

std::vector<Pool> pool_ladder(std::uint64_t shm_free_bytes, std::uint64_t ram_bytes) {
  const std::uint64_t available = std::min(shm_free_bytes, ram_bytes / 2);
  std::uint64_t needed = 0;
  for (std::uint32_t divisor = 1; divisor <= 64; divisor *= 2) {
    std::vector<Pool> pools{std::begin(kFull), std::end(kFull)};
    needed = kManagementBytes;
    for (Pool& pool : pools) {
      pool.chunks = std::max(2U, pool.chunks / divisor);
      pool.chunk_bytes += kToCacheLine;
      needed += std::uint64_t{pool.chunks} * (pool.chunk_bytes + kHeaderBytes);
    }
    if (needed <= available) return pools;
  }
  throw std::runtime_error{fmt::format(
      "/dev/shm has {} MB free (and half of the memory is {} MB), the broker needs {} MB: remount it larger, "
      "in a container with --shm-size=256m",
      shm_free_bytes / 1'000'000, ram_bytes / 2'000'000, needed / 1'000'000 + 1)};
}

std::optional<std::size_t> pool_of(const std::vector<Pool>& pools, std::uint64_t max_bytes) {
  const auto found =
      std::ranges::find_if(pools, [&](const Pool& pool) { return pool.block_bytes() >= max_bytes; });
  if (found == pools.end()) return std::nullopt;
  return static_cast<std::size_t>(found - pools.begin());
}

}  // namespace tactus::broker
