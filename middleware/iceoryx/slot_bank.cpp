// SPDX-License-Identifier: Apache-2.0
#include "slot_bank.hpp"

#include <algorithm>
#include <new>

#include "tactus/middleware/prefetch.hpp"

namespace tactus::shm {
namespace {

iox::mepoo::ChunkSettings settings_for(std::size_t max_bytes) {
  return iox::mepoo::ChunkSettings::create(static_cast<std::uint32_t>(max_bytes), 8, sizeof(SampleHeader),
                                           alignof(SampleHeader))
      .value();
}

bool is_free(const PooledSlot& slot) noexcept {
  return !slot.loaned && slot.users.load(std::memory_order_acquire) == 0;
}

/// Nobody outside reads it any more, or ever has.
bool is_back(PooledSlot& slot) noexcept {
  if (slot.exported && !slot.chunk.only_ours()) return false;
  slot.exported = false;
  return true;
}

}  // namespace

SlotBank::SlotBank(Shared& shared, PublisherData& publisher, std::size_t max_bytes,
                   const EndpointPlace& place)
    : shared_{shared},
      publisher_{publisher},
      max_bytes_{static_cast<std::uint32_t>(max_bytes)},
      place_{place},
      settings_{settings_for(max_bytes)} {}

SlotBank::~SlotBank() {
  for (std::uint32_t i = 0; i < block_count_; ++i) {
    const std::unique_ptr<Block> block{blocks_[i].load()};
    if (forked()) continue;
    for (PooledSlot& slot : block->slots) empty(slot);
    shared_.vault.give_back(block->cells);
  }
}

bool SlotBank::allow(std::uint32_t slots) {
  if (slots > kBlock * kMaxBlocks) return false;
  for (; block_count_ * kBlock < slots; ++block_count_) {
    Cell* cells = shared_.vault.take();
    if (cells == nullptr) return false;
    auto block = std::make_unique<Block>();
    block->cells = cells;
    blocks_[block_count_].store(block.release(), std::memory_order_release);
  }
  const bool fewer = slots < allowed_.exchange(slots, std::memory_order_acq_rel);
  if (fewer) surplus_.store(true, std::memory_order_release);
  return true;
}

PooledSlot* SlotBank::acquire() noexcept {
  if (surplus_.load(std::memory_order_relaxed)) trim();
  constexpr std::uint32_t kNone = ~0U;
  std::uint32_t unfilled = kNone, outside = kNone;
  const std::uint32_t allowed = allowed_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < allowed; ++i) {
    PooledSlot& slot = at(i);
    if (!is_free(slot)) continue;
    if (slot.chunk && is_back(slot)) return &slot;
    std::uint32_t& candidate = slot.chunk ? outside : unfilled;
    if (candidate == kNone) candidate = i;
  }
  if (unfilled != kNone && fill(unfilled)) return &at(unfilled);
  if (outside == kNone) return nullptr;
  empty(at(outside));
  return fill(outside) ? &at(outside) : nullptr;
}

bool SlotBank::in_use() const noexcept {
  for (std::uint32_t i = 0; i < block_count_ * kBlock; ++i) {
    if (at(i).users.load(std::memory_order_acquire) != 0) return true;
  }
  return false;
}

void SlotBank::warm() const noexcept {
  constexpr std::uint32_t kMostSlots = 8;  // the lowest that is free goes around
  constexpr std::size_t kFirstBytes = 128;
  for (std::uint32_t i = 0; i < std::min(kMostSlots, allowed_.load(std::memory_order_acquire)); ++i) {
    const PooledSlot& slot = at(i);
    prefetch(slot);
    if (!slot.chunk || !is_free(slot)) continue;
    prefetch(*slot.header);
    prefetch(slot.bytes, kFirstBytes);
    prefetch(slot.chunk.header());
    return;
  }
}

bool SlotBank::fill(std::uint32_t index) noexcept {
  PooledSlot& slot = at(index);
  const InCall call{shared_.broker.page(), place_};
  slot.chunk = CellChunk{cell_of(index), publisher_, settings_};
  if (!slot.chunk) return false;
  slot.bytes = static_cast<std::byte*>(slot.chunk.header().userPayload());
  slot.size = max_bytes_;
  slot.header = static_cast<SampleHeader*>(slot.chunk.header().userHeader());
  slot.message = {{slot.bytes, slot.size, slot.header}, &slot};
  slot.exported = false;
  return true;
}

void SlotBank::empty(PooledSlot& slot) noexcept {
  if (!slot.chunk) return;
  const InCall call{shared_.broker.page(), place_};
  slot.chunk.give_up();
}

void SlotBank::trim() noexcept {
  surplus_.store(false, std::memory_order_relaxed);
  const std::uint32_t allowed = allowed_.load(std::memory_order_acquire);
  for (std::uint32_t i = allowed; i < kMaxBlocks * kBlock; ++i) {
    if (blocks_[i / kBlock].load(std::memory_order_acquire) == nullptr) return;
    if (is_free(at(i)))
      empty(at(i));
    else
      surplus_.store(true, std::memory_order_relaxed);
  }
}

}  // namespace tactus::shm
