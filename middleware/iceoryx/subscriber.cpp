// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>

#include "publishers.hpp"
#include "runtime.hpp"
#include "tactus/middleware/prefetch.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace tactus::shm {
namespace {

/// A message on its way to the node; empty without a chunk.
struct Incoming {
  const ConstChunk* chunk = nullptr;
  std::uint64_t* last_sequence = nullptr;  ///< of its publisher
};

class Subscriber final : public UntypedSubscriber {
 public:
  Subscriber(Shared& shared, const SubscriberOptions& options, const EndpointPlace& place,
             SubscriberData& data)
      : shared_{shared},
        options_{options},
        outside_(options.max_held + 1),
        page_{shared.broker.page()},
        place_{place},
        counters_{page_.endpoints[place.counters]},
        port_{&data},
        receiver_{&data.m_chunkReceiverData},
        check_{*options_.type},
        local_{local_key(options.topic, *options.type), options.depth, options.max_held, queue_of(data)} {
    returned_.reserve(options.max_held);
    for (ConstChunk& outside : outside_) free_.push_back(&outside);
    last_.reserve(kKnownPublishers);
    // What its process' publishers sent since the port exists came by iceoryx, and is older than what they
    // push.
    if (shared.want_slots) say_left_out(options.node, options.topic, shared.hub.add(local_));
  }
  ~Subscriber() override {
    if (forked()) return;
    if (shared_.want_slots) shared_.hub.remove(local_);
    take_back();
    if (front_.chunk != nullptr) release_outside(*front_.chunk);
    {
      const InCall call{page_};
      port_.destroy();
    }
    shared_.broker.remove_endpoint(place_);
  }

  const ConstChunk* take() noexcept override {
    owner_ = std::this_thread::get_id();
    if (any_returned_.load(std::memory_order_relaxed)) take_back();
    while (held_ < options_.max_held && !forked()) {
      const Incoming incoming = next();
      const ConstChunk* chunk = incoming.chunk;
      if (chunk == nullptr) return nullptr;
      if (chunk->header->version != kSampleHeaderVersion || !check_(chunk->bytes, chunk->size)) {
        bump(counters_.rejected);
        give_up(*chunk);
        continue;
      }
      count_gap(incoming);
      count_taken(counters_, *chunk->header, block_used(chunk->bytes));
      ++held_;
      return chunk;
    }
    return nullptr;
  }

  void release(const ConstChunk& chunk) noexcept override {
    if (forked()) return;
    if (std::this_thread::get_id() == owner_) {
      --held_;
      return give_up(chunk);
    }
    if (is_outside(chunk)) {
      const std::scoped_lock lock{returned_mutex_};
      returned_.push_back(&chunk);  // never more than max_held: reserved
    } else {
      give_up(chunk);
      local_returned_.fetch_add(1, std::memory_order_relaxed);
    }
    any_returned_.store(true, std::memory_order_release);
  }

  bool has_data() const noexcept override {
    return local_.any() || front_.chunk != nullptr || !receiver_.empty();
  }
  EndpointCounts counts() const noexcept override { return read(counters_); }
  const SubscriberOptions& options() const noexcept override { return options_; }
  std::uint32_t page_index() const noexcept override { return place_.counters; }
  void count_unmatched() noexcept override { bump(counters_.unmatched); }
  void warm() noexcept override {
    prefetch(*this);
    prefetch(counters_);
    local_.warm();
    static_cast<void>(has_data());
  }

 private:
  static constexpr std::size_t kKnownPublishers = 64;

  /// What iceoryx brought is described here, what a publisher of this process pushed in its slot.
  bool is_outside(const ConstChunk& chunk) const noexcept {
    return &chunk >= outside_.data() && &chunk < outside_.data() + outside_.size();
  }
  void give_up(const ConstChunk& chunk) noexcept {
    if (is_outside(chunk)) return release_outside(chunk);
    static_cast<const Slot::Message&>(chunk).slot->give_up();
  }

  /// The message that was published first. When both this process and another have one, the other's is taken
  /// out of its queue to be compared, and waits in `front_`.
  Incoming next() noexcept {
    for (;;) {
      const LocalReader::Oldest local = local_.oldest();
      if (local.source == nullptr)
        return front_.chunk != nullptr ? std::exchange(front_, {}) : next_outside();
      if (front_.chunk == nullptr) front_ = next_outside();
      if (front_.chunk != nullptr && front_.chunk->header->publish_time_ns <= local.publish_time_ns)
        return std::exchange(front_, {});
      Slot* slot = local.source->ring.pop();
      if (slot != nullptr) {
        if (local.source->last_sequence == 0) follow_outside(*local.source, *slot);
        return {&slot->message, &local.source->last_sequence};
      }
      // Its publisher dropped it meanwhile, for a newer one: look again.
    }
  }

  Incoming next_outside() noexcept {
    if (receiver_.empty()) return {};
    __builtin_prefetch(&counters_, 1);
    const InCall call{page_, place_};
    for (;;) {
      const auto taken = receiver_.tryGet();
      if (taken.has_error()) return {};
      const iox::mepoo::ChunkHeader& header = *taken.value();
      if (header.userHeaderSize() == sizeof(SampleHeader)) {
        const auto* bytes = static_cast<const std::byte*>(header.userPayload());
        const auto* sample = static_cast<const SampleHeader*>(header.userHeader());
        ConstChunk* chunk = free_.back();  // there is one more than it may hold
        free_.pop_back();
        *chunk = {bytes, header.userPayloadSize(), sample};
        return {chunk, last_of(header.originId())};
      }
      bump(counters_.rejected);
      receiver_.release(&header);
    }
  }

  void release_outside(const ConstChunk& chunk) noexcept {
#ifndef __SANITIZE_THREAD__  // which knows no fences
    // iceoryx counts down without order: what was read stays before it, as the publisher uses the chunk
    // again.
    std::atomic_thread_fence(std::memory_order_release);
#endif
    const InCall call{page_, place_};
    receiver_.release(iox::mepoo::ChunkHeader::fromUserPayload(chunk.bytes));
    free_.push_back(const_cast<ConstChunk*>(&chunk));
  }

  /// What other threads released comes back on the owner's thread: iceoryx's ports belong to one.
  void take_back() noexcept {
    if (!any_returned_.exchange(false, std::memory_order_acquire)) return;
    held_ -= local_returned_.exchange(0, std::memory_order_relaxed);
    const std::scoped_lock lock{returned_mutex_};
    for (const ConstChunk* chunk : returned_) {
      --held_;
      release_outside(*chunk);
    }
    returned_.clear();
  }

  void count_gap(const Incoming& incoming) noexcept {
    std::uint64_t& last = *incoming.last_sequence;
    const std::uint64_t sequence = incoming.chunk->header->sequence;
    if (last != 0 && sequence > last + 1) bump(counters_.dropped, sequence - last - 1);
    last = sequence;
  }

  std::uint64_t* last_of(iox::popo::UniquePortId publisher) noexcept {
    const auto known = std::ranges::find(last_, publisher, &Seen::publisher);
    if (known != last_.end()) return &known->sequence;
    if (last_.size() < last_.capacity()) return &last_.emplace_back(Seen{publisher, 0}).sequence;
    Seen& forgotten = last_[forget_++ % last_.size()];
    forgotten = {publisher, 0};
    return &forgotten.sequence;
  }

  /// The first that a publisher of this process pushes may come after some that iceoryx brought of it.
  void follow_outside(Source& source, const Slot& first) noexcept {
    const auto publisher = iox::mepoo::ChunkHeader::fromUserPayload(first.bytes)->originId();
    const auto known = std::ranges::find(last_, publisher, &Seen::publisher);
    if (known != last_.end()) source.last_sequence = known->sequence;
  }

  struct Seen {
    iox::popo::UniquePortId publisher;
    std::uint64_t sequence;
  };

  Shared& shared_;
  SubscriberOptions options_;
  std::vector<ConstChunk> outside_;  ///< what iceoryx brought: what is held, and what waits in front_
  std::vector<ConstChunk*> free_;    ///< of them
  ProcessPage& page_;
  EndpointPlace place_;
  EndpointCounters& counters_;
  iox::popo::SubscriberPortUser port_;
  Receiver receiver_;
  BlockCheck check_;
  LocalReader local_;
  std::thread::id owner_ = std::this_thread::get_id();
  std::uint32_t held_ = 0;
  Incoming front_;
  std::vector<Seen> last_;  ///< newest sequence per publisher of other processes
  std::size_t forget_ = 0;
  std::atomic<bool> any_returned_{false};
  std::atomic<std::uint32_t> local_returned_{0};
  std::mutex returned_mutex_;
  std::vector<const ConstChunk*> returned_;
};

}  // namespace

std::unique_ptr<UntypedSubscriber> make_subscriber(Shared& shared, const SubscriberOptions& options,
                                                   const EndpointPlace& place, SubscriberData& data) {
  return std::make_unique<Subscriber>(shared, options, place, data);
}

}  // namespace tactus::shm
