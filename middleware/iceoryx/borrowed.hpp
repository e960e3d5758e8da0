// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iceoryx_posh/iceoryx_posh_types.hpp>
#include <iceoryx_posh/internal/mepoo/memory_manager.hpp>
#include <iceoryx_posh/internal/mepoo/shared_chunk.hpp>
#include <iceoryx_posh/internal/mepoo/shm_safe_unmanaged_chunk.hpp>
#include <iceoryx_posh/internal/popo/building_blocks/chunk_receiver.hpp>
#include <iceoryx_posh/internal/popo/ports/publisher_port_data.hpp>
#include <iceoryx_posh/internal/popo/ports/publisher_port_user.hpp>
#include <iceoryx_posh/internal/popo/ports/subscriber_port_data.hpp>
#include <iceoryx_posh/internal/popo/ports/subscriber_port_user.hpp>
#include <iceoryx_versions.hpp>
#include <string>
#include <vector>

/// What Tactus uses of iceoryx beyond its API. All of it is here, and checked twice: by static_asserts
/// against the headers, by self_test() against the library that runs.
namespace tactus::shm {

static_assert(ICEORYX_VERSION_MAJOR == 2 && ICEORYX_VERSION_MINOR == 0 && ICEORYX_VERSION_PATCH == 3,
              "read borrowed.hpp and borrowed.cpp against the new headers, then raise this number");

using PublisherData = iox::popo::PublisherPortData;
using SubscriberData = iox::popo::SubscriberPortData;
using Receiver = iox::popo::ChunkReceiver<SubscriberData::ChunkReceiverData_t>;
/// A counted reference to a chunk, in shared memory.
using Cell = iox::mepoo::ShmSafeUnmanagedChunk;
static_assert(sizeof(Cell) == 8 && std::is_trivially_copyable_v<Cell>);

/// A chunk that a cell refers to.
class CellChunk {
 public:
  CellChunk() = default;
  /// Takes one from the pool; `cell` must be empty and keeps it alive. Empty when there is none. In-call.
  CellChunk(Cell& cell, PublisherData& publisher, const iox::mepoo::ChunkSettings& settings) noexcept;

  explicit operator bool() const noexcept { return management_ != nullptr; }
  [[nodiscard]] iox::mepoo::ChunkHeader& header() const noexcept { return *header_; }
  /// True when nobody else has it, in whatever process.
  [[nodiscard]] bool only_ours() const noexcept {
    return management_->m_referenceCounter.load(std::memory_order_acquire) == 1;
  }
  /// One more reference, as a queue holds it.
  [[nodiscard]] Cell one_more() const noexcept {
    management_->m_referenceCounter.fetch_add(1, std::memory_order_relaxed);
    return copy_;
  }
  /// Gives the cell's reference back: to the pool when nobody else has one. In-call.
  void give_up() noexcept;

 private:
  Cell* cell_ = nullptr;
  Cell copy_;
  iox::mepoo::ChunkManagement* management_ = nullptr;
  iox::mepoo::ChunkHeader* header_ = nullptr;
};

/// True when iceoryx has a queue to serve. Any thread; no lock: what a subscriber that sees itself subscribed
/// can expect is seen here.
[[nodiscard]] inline bool has_queues(const PublisherData& publisher) noexcept {
  asm volatile("" : : : "memory");
  return !publisher.m_chunkSenderData.m_queues.empty();
}
/// Pushes the chunk to every queue but `own`, which are removed. The oldest of a full queue is dropped.
/// In-call: holds the publisher's lock.
void deliver(PublisherData& publisher, const CellChunk& chunk, const std::vector<const void*>& own) noexcept;

/// Late subscribers get nothing of what was sent. In-call: holds the publisher's lock.
void forget_history(PublisherData& publisher) noexcept;

/// The address that publishers know a subscriber's queue by.
[[nodiscard]] inline const void* queue_of(const SubscriberData& subscriber) noexcept {
  const SubscriberData::ChunkQueueData_t* queue = &subscriber.m_chunkReceiverData;
  return queue;
}

/// Cells of a subscriber port: RouDi gives up what they refer to when the process is dead. The port's own
/// list of them is not used.
inline constexpr std::uint32_t kCellsPerPort = SubscriberData::ChunkReceiverData_t::MAX_CHUNKS_IN_USE;
[[nodiscard]] Cell* cells_of(SubscriberData& subscriber) noexcept;

/// /// Tries all of the above on a publisher that is not offered and a subscriber that never subscribes, both
/// of this process. Returns what differs, or nothing. In-call.
[[nodiscard]] std::string self_test(PublisherData& publisher, SubscriberData& subscriber);

}  // namespace tactus::shm
