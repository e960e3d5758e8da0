// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "tactus/middleware/sample_header.hpp"

namespace tactus {

/// Origins of the samples that one input of a node holds.
class HeldOrigins {
 public:
  explicit HeldOrigins(std::size_t most) : held_(most) {}

  /// Node's thread. `token`: unique among what is held.
  void add(const void* token, const Origins& origins) noexcept;
  /// Any thread.
  void remove(const void* token) noexcept;
  /// Node's thread.
  void merge_into(Origins& origins) const noexcept;

 private:
  /// Origins are written by the node's thread only, and only while the token is null.
  struct Held {
    std::atomic<const void*> token{nullptr};
    Origins origins{};
  };
  std::vector<Held> held_;
};

/// What the outputs of a node descend from: per chain the newest origin among the samples that the node took
/// in this release or still holds. Thread: the node's. Never blocks; allocates in add_input() only.
class Lineage {
 public:
  /// Before the first release; the reference lives as long as this.
  [[nodiscard]] HeldOrigins& add_input(std::size_t max_held) { return inputs_.emplace_back(max_held); }
  void begin_release() noexcept { taken_ = {}; }
  void take(const Origins& origins) noexcept { merge_origins(taken_, origins); }
  [[nodiscard]] Origins origins() const noexcept;

 private:
  Origins taken_{};
  std::deque<HeldOrigins> inputs_;
};

}  // namespace tactus
