// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// RouDi inside the broker: the only place that knows iceoryx's daemon.
namespace tactus::broker {

/// One pool of equally sized chunks.
struct Pool {
  std::uint32_t chunk_bytes;
  std::uint32_t chunks;
};

/// The fixed ladder, 256 B to 16 MB, scaled down in halves to what /dev/shm and the memory have. Throws
/// std::runtime_error with the needed and the available bytes when even the smallest does not fit.
[[nodiscard]] std::vector<Pool> pool_ladder(std::uint64_t shm_free_bytes, std::uint64_t ram_bytes);

class SharedMemory {
 public:
  /// Creates the segments and starts RouDi's threads; gives untouched memory back. `heartbeat` counts RouDi's
  /// cycles.
  SharedMemory(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat);
  ~SharedMemory();

  /// Tells RouDi that the process is dead: its chunks and ports are reclaimed within one cycle.
  void reclaim(const std::string& runtime_name);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tactus::broker
