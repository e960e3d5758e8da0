// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pools.hpp"

/// RouDi inside the broker: the only place that knows iceoryx's daemon.
namespace tactus::broker {

/// One pool as it is now.
struct PoolUse {
  std::uint32_t used = 0;
  std::uint32_t least_free = 0;  ///< ever
};

class SharedMemory {
 public:
  /// Creates the segments and starts RouDi's threads; gives untouched memory back. `heartbeat` counts RouDi's
  /// cycles.
  SharedMemory(const std::vector<Pool>& pools, std::atomic<std::uint64_t>& heartbeat);
  ~SharedMemory();

  /// Tells RouDi that the process is dead: its chunks and ports are reclaimed within one cycle.
  void reclaim(const std::string& runtime_name);

  /// Opens the locks in shared memory that dead threads hold; how many. Blocks up to 50 ms where somebody is
  /// about to take one.
  std::size_t open_locks_of(const std::function<bool(std::uint32_t tid)>& is_dead);

  [[nodiscard]] std::vector<PoolUse> pools() const;
  struct Sizes {
    std::uint64_t management_bytes = 0;  ///< RouDi's own segment
    std::uint64_t payload_bytes = 0;     ///< all pools
    std::uint64_t touched_bytes = 0;     ///< of the pools: what counts as used memory
  };
  [[nodiscard]] static Sizes sizes();
  [[nodiscard]] static std::vector<std::string> files();  ///< the segments

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tactus::broker
