// SPDX-License-Identifier: Apache-2.0
#include "borrowed.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

namespace tactus::shm {
class Stamp;
}

// ChunkHeader lets every ChunkSender write its origin: this one is ours.
template <>
class iox::popo::ChunkSender<tactus::shm::Stamp> {
 public:
  static void set_origin(mepoo::ChunkHeader& header, UniquePortId origin) noexcept {
    header.setOriginId(origin);
  }
};

namespace tactus::shm {
namespace {

using Queue = SubscriberData::ChunkQueueData_t;
using Distributor = iox::popo::ChunkDistributor<PublisherData::ChunkDistributorData_t>;
using ChunkList = iox::popo::UsedChunkList<kCellsPerPort>;

/// The members of iceoryx's UsedChunkList, which are private.
struct ChunkListLayout {
  std::atomic_flag synchronizer;
  std::uint32_t used_head, free_head;
  std::uint32_t indices[kCellsPerPort];
  Cell cells[kCellsPerPort];
};
static_assert(sizeof(ChunkListLayout) == sizeof(ChunkList) && alignof(ChunkListLayout) == alignof(ChunkList));

Cell* cells_of(ChunkList& list) noexcept { return reinterpret_cast<ChunkListLayout&>(list).cells; }

/// A WaitSet or Listener of a foreign program: our own readers have doorbells.
void notify(Queue& queue) noexcept {
  if (!queue.m_conditionVariableDataPtr) return;
  const std::lock_guard<const Queue> lock{queue};
  if (!queue.m_conditionVariableDataPtr) return;
  iox::popo::ConditionNotifier{*queue.m_conditionVariableDataPtr.get(),
                               *queue.m_conditionVariableNotificationIndex}
      .notify();
}

void push(Queue& queue, const CellChunk& chunk) noexcept {
  auto dropped = queue.m_queue.push(chunk.one_more());
  if (dropped.has_value()) {
    dropped.value().releaseToSharedChunk();
    queue.m_queueHasLostChunks.store(true, std::memory_order_relaxed);
  }
  notify(queue);
}

/// The cells of a list of our own: what RouDi does with a dead process' list gives up what lies in them.
bool cleanup_empties_cells(const CellChunk& chunk) {
  const auto list = std::make_unique<ChunkList>();
  cells_of(*list)[kCellsPerPort - 1] = chunk.one_more();
  const bool counted = !chunk.only_ours();
  list->cleanup();
  return counted && chunk.only_ours();
}

bool delivers_once(PublisherData& publisher, const CellChunk& chunk) {
  const auto make_queue = [] {
    return std::make_unique<Queue>(iox::popo::QueueFullPolicy::DISCARD_OLDEST_DATA,
                                   iox::cxx::VariantQueueTypes::SoFi_MultiProducerSingleConsumer);
  };
  const auto outside = make_queue(), own = make_queue();
  Distributor distributor{&publisher.m_chunkSenderData};
  for (Queue* queue : {own.get(), outside.get()}) {
    if (distributor.tryAddQueue(queue, 0).has_error()) return false;
  }
  const bool seen = has_queues(publisher);
  deliver(publisher, chunk, {own.get()});
  const bool own_removed = distributor.tryRemoveQueue(own.get()).has_error();
  const bool one_left = !distributor.tryRemoveQueue(outside.get()).has_error() && !has_queues(publisher);
  auto popped = outside->m_queue.pop();
  const bool arrived = popped.has_value() && popped.value().getChunkHeader() == &chunk.header();
  if (popped.has_value()) popped.value().releaseToSharedChunk();
  return seen && own_removed && one_left && arrived && own->m_queue.empty() && chunk.only_ours();
}

}  // namespace

CellChunk::CellChunk(Cell& cell, PublisherData& publisher,
                     const iox::mepoo::ChunkSettings& settings) noexcept {
  auto taken = publisher.m_chunkSenderData.m_memoryMgr->getChunk(settings);
  if (taken.has_error()) return;
  cell_ = &cell;
  header_ = taken.value().getChunkHeader();
  management_ = taken.value().release();
  copy_ = Cell{iox::mepoo::SharedChunk{management_}};
  cell = copy_;
  iox::popo::ChunkSender<Stamp>::set_origin(*header_, publisher.m_uniqueId);
}

void CellChunk::give_up() noexcept {
  if (cell_ != nullptr) cell_->releaseToSharedChunk();
  *this = {};
}

void deliver(PublisherData& publisher, const CellChunk& chunk, const std::vector<const void*>& own) noexcept {
  auto& sender = publisher.m_chunkSenderData;
  const std::lock_guard<const PublisherData::ChunkDistributorData_t> lock{sender};
  auto& queues = sender.m_queues;
  for (std::uint64_t i = 0; i < queues.size();) {
    Queue* queue = queues[i].get();
    if (std::ranges::find(own, queue) != own.end()) {
      queues.erase(queues.begin() + i);
      continue;
    }
    push(*queue, chunk);
    ++i;
  }
}

void forget_history(PublisherData& publisher) noexcept {
  Distributor{&publisher.m_chunkSenderData}.clearHistory();
}

Cell* cells_of(SubscriberData& subscriber) noexcept {
  return cells_of(subscriber.m_chunkReceiverData.m_chunksInUse);
}

std::string self_test(PublisherData& publisher, SubscriberData& subscriber) {
  const auto settings = iox::mepoo::ChunkSettings::create(8, 8, 8, 8);
  if (settings.has_error()) return "chunk settings are refused";
  Cell* cells = cells_of(subscriber);
  const auto empty = [](const Cell& cell) { return cell.isLogicalNullptr(); };
  if (!std::all_of(cells, cells + kCellsPerPort, empty)) return "a new port's cells are not empty";
  CellChunk chunk{cells[0], publisher, settings.value()};
  if (!chunk) return "no chunk is to be had";
  std::string wrong;
  if (cells[0].getChunkHeader() != &chunk.header() || !chunk.only_ours() ||
      chunk.header().originId() != publisher.m_uniqueId)
    wrong = "a chunk does not lie in the cell that it was put into";
  else if (!cleanup_empties_cells(chunk))
    wrong = "cells do not lie where a port's clean-up looks for them";
  else if (!delivers_once(publisher, chunk))
    wrong = "a chunk that is pushed to a queue does not arrive once";
  chunk.give_up();
  if (wrong.empty() && !empty(cells[0])) wrong = "a cell that was given up is not empty";
  return wrong;
}

}  // namespace tactus::shm
