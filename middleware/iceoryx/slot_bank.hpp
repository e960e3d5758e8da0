// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "borrowed.hpp"
#include "endpoint.hpp"

namespace tactus::shm {

/// A slot whose memory is a chunk of the pools. All of it but `users` is the publisher's thread's.
struct PooledSlot : Slot {
  CellChunk chunk;
  bool loaned = false;
  bool exported = false;  ///< other processes may have it
};

/// The chunks of one publisher. They are taken from the pool when they are first needed and kept.
class SlotBank final : public LocalHub::Remains {
 public:
  /// `max_bytes` per message. `place` names the publisher while chunks are moved.
  SlotBank(Shared& shared, PublisherData& publisher, std::size_t max_bytes, const EndpointPlace& place);
  ~SlotBank() override;

  /// Any thread, one at a time: from now on at most so many, the others go back to the pool. False when there
  /// is no place to write them down.
  bool allow(std::uint32_t slots);

  /// The publisher's thread: the first that nobody uses, loaned; nullptr when there is none. One that another
  /// process still reads is left to it, and another chunk taken instead.
  [[nodiscard]] PooledSlot* acquire() noexcept;
  [[nodiscard]] bool in_use() const noexcept override;
  /// Prefetches what the next acquire() touches, and where its message begins.
  void warm() const noexcept;

 private:
  static constexpr std::uint32_t kBlock = Vault::kRange;
  static constexpr std::uint32_t kMaxBlocks = 96;
  struct Block {
    std::array<PooledSlot, kBlock> slots;
    Cell* cells = nullptr;
  };
  [[nodiscard]] PooledSlot& at(std::uint32_t index) const noexcept {
    return blocks_[index / kBlock].load(std::memory_order_acquire)->slots[index % kBlock];
  }
  [[nodiscard]] Cell& cell_of(std::uint32_t index) const noexcept {
    return blocks_[index / kBlock].load(std::memory_order_acquire)->cells[index % kBlock];
  }
  bool fill(std::uint32_t index) noexcept;
  void empty(PooledSlot& slot) noexcept;
  void trim() noexcept;

  Shared& shared_;
  PublisherData& publisher_;
  std::uint32_t max_bytes_;
  EndpointPlace place_;
  iox::mepoo::ChunkSettings settings_;
  std::array<std::atomic<Block*>, kMaxBlocks> blocks_{};
  std::uint32_t block_count_ = 0;
  std::atomic<std::uint32_t> allowed_{0};
  std::atomic<bool> surplus_{false};
};

}  // namespace tactus::shm
