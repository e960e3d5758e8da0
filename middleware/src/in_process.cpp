// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/in_process.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "tactus/middleware/checks.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus {
namespace {

/// One message's memory, shared by the publisher's pool, its history and the queues that hold it.
struct Slot {
  explicit Slot(std::size_t bytes)
      : memory((bytes + 7) / 8),
        chunk{{reinterpret_cast<std::byte*>(memory.data()), memory.size() * 8, &header}, this},
        message{{chunk.bytes, chunk.size, chunk.header}, this} {}
  template <typename Base>
  struct OfSlot : Base {
    Slot* slot;
  };
  SampleHeader header;
  std::vector<std::uint64_t> memory;
  OfSlot<Chunk> chunk;
  OfSlot<ConstChunk> message;
  std::uint32_t users = 0;
};

Slot& slot_of(Chunk& chunk) noexcept { return *static_cast<Slot::OfSlot<Chunk>&>(chunk).slot; }
Slot& slot_of(const ConstChunk& chunk) noexcept {
  return *static_cast<const Slot::OfSlot<ConstChunk>&>(chunk).slot;
}

class Port;
struct Topic {
  std::vector<class InProcessPublisher*> publishers;
  std::vector<class InProcessSubscriber*> subscribers;
};

/// What all endpoints share. One lock: this is the reference, not the fast path.
struct Hub {
  std::mutex mutex;
  std::map<std::string, Topic> topics;
  std::deque<Slot> slots;
  std::uint32_t next_publisher = 1;

  /// A slot that nobody uses, of at least `bytes`; makes one when there is none.
  Slot& acquire(std::size_t bytes) {
    for (Slot& slot : slots) {
      if (slot.users == 0 && slot.chunk.size >= bytes) {
        slot.users = 1;
        return slot;
      }
    }
    Slot& slot = slots.emplace_back(bytes);
    slot.users = 1;
    return slot;
  }
};

class InProcessSubscriber final : public UntypedSubscriber {
 public:
  InProcessSubscriber(Hub& hub, SubscriberOptions options)
      : hub_{hub}, options_{std::move(options)}, type_id_{type_id(*options_.type)}, check_{*options_.type} {
    queue_.resize(options_.depth);
    last_.reserve(64);
  }
  ~InProcessSubscriber() override;

  const ConstChunk* take() noexcept override;
  void release(const ConstChunk& chunk) noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    --slot_of(chunk).users;
    --held_;
  }
  bool has_data() const noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    return count_ > 0;
  }
  EndpointCounts counts() const noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    return counts_;
  }
  const SubscriberOptions& options() const noexcept override { return options_; }
  void count_unmatched() noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    ++counts_.unmatched;
  }
  [[nodiscard]] const TypeId& id() const { return type_id_; }

  /// Drops the oldest when full. Hub locked.
  void push(Slot& slot) {
    if (count_ == queue_.size()) {
      --queue_[first_]->users;
      first_ = (first_ + 1) % queue_.size();
      --count_;
    }
    queue_[(first_ + count_++) % queue_.size()] = &slot;
    ++slot.users;
  }

 private:
  void count_gap(const SampleHeader& header);

  Hub& hub_;
  SubscriberOptions options_;
  TypeId type_id_;
  BlockCheck check_;
  std::vector<Slot*> queue_;
  std::size_t first_ = 0, count_ = 0;
  std::uint32_t held_ = 0;
  std::vector<std::pair<PublisherId, std::uint64_t>> last_;
  EndpointCounts counts_;
};

class InProcessPublisher final : public UntypedPublisher {
 public:
  InProcessPublisher(Hub& hub, PublisherOptions options, std::uint32_t index)
      : hub_{hub}, options_{std::move(options)}, type_id_{type_id(*options_.type)}, index_{index} {}
  ~InProcessPublisher() override {
    const std::scoped_lock lock{hub_.mutex};
    for (Slot* slot : history_) --slot->users;
    std::erase(hub_.topics[options_.topic].publishers, this);
  }

  Chunk* loan() noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    if (loaned_ == options_.max_loans) {
      ++counts_.dropped;
      return nullptr;
    }
    ++loaned_;
    Slot& slot = hub_.acquire(options_.max_bytes);
    slot.header = {};
    return &slot.chunk;
  }
  void publish(Chunk& chunk) noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    Slot& slot = slot_of(chunk);
    --loaned_;
    stamp(slot.header);
    ++counts_.messages;
    counts_.bytes += slot.header.block_bytes;
    for (InProcessSubscriber* subscriber : hub_.topics[options_.topic].subscribers) {
      if (subscriber->id() == type_id_) subscriber->push(slot);
    }
    if (options_.history > 0) keep(slot);
    --slot.users;
  }
  void release(Chunk& chunk) noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    --slot_of(chunk).users;
    --loaned_;
  }
  EndpointCounts counts() const noexcept override {
    const std::scoped_lock lock{hub_.mutex};
    return counts_;
  }
  const PublisherOptions& options() const noexcept override { return options_; }

  void deliver_history(InProcessSubscriber& subscriber) {
    if (subscriber.id() != type_id_) return;
    for (Slot* slot : history_) subscriber.push(*slot);
  }

 private:
  void stamp(SampleHeader& header) {
    header.publisher.index = index_;
    header.sequence = ++sequence_;
    if (header.publish_time_ns == 0) header.publish_time_ns = to_ns(group_now());
    if (header.capture_time_ns == 0) header.capture_time_ns = header.publish_time_ns;
  }
  void keep(Slot& slot) {
    history_.push_back(&slot);
    ++slot.users;
    if (history_.size() > options_.history) {
      --history_.front()->users;
      history_.erase(history_.begin());
    }
  }

  Hub& hub_;
  PublisherOptions options_;
  TypeId type_id_;
  std::uint32_t index_;
  std::uint32_t loaned_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<Slot*> history_;
  EndpointCounts counts_;
};

InProcessSubscriber::~InProcessSubscriber() {
  const std::scoped_lock lock{hub_.mutex};
  for (; count_ > 0; --count_, first_ = (first_ + 1) % queue_.size()) --queue_[first_]->users;
  std::erase(hub_.topics[options_.topic].subscribers, this);
}

const ConstChunk* InProcessSubscriber::take() noexcept {
  const std::scoped_lock lock{hub_.mutex};
  while (count_ > 0 && held_ < options_.max_held) {
    Slot& slot = *queue_[first_];
    first_ = (first_ + 1) % queue_.size();
    --count_;
    count_gap(slot.header);
    if (!check_(slot.chunk.bytes, slot.chunk.size)) {
      ++counts_.rejected;
      --slot.users;
      continue;
    }
    ++held_;
    ++counts_.messages;
    counts_.bytes += slot.header.block_bytes;
    const std::int64_t age_ns = clamped_difference(to_ns(group_now()), slot.header.capture_time_ns);
    counts_.age_ns_total = clamped_sum(counts_.age_ns_total, age_ns);
    counts_.age_ns_max = std::max(counts_.age_ns_max, age_ns);
    return &slot.message;
  }
  return nullptr;
}

void InProcessSubscriber::count_gap(const SampleHeader& header) {
  const auto known =
      std::ranges::find(last_, header.publisher, &std::pair<PublisherId, std::uint64_t>::first);
  if (known == last_.end()) {
    last_.emplace_back(header.publisher, header.sequence);
    return;
  }
  counts_.dropped += header.sequence - known->second - 1;
  known->second = header.sequence;
}

class InProcessTransport final : public Transport {
 public:
  std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override {
    check_options(options);
    const std::scoped_lock lock{hub_.mutex};
    auto publisher = std::make_unique<InProcessPublisher>(hub_, options, hub_.next_publisher++);
    hub_.topics[options.topic].publishers.push_back(publisher.get());
    return publisher;
  }
  std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions& options) override {
    check_options(options);
    const std::scoped_lock lock{hub_.mutex};
    auto subscriber = std::make_unique<InProcessSubscriber>(hub_, options);
    auto& topic = hub_.topics[options.topic];
    topic.subscribers.push_back(subscriber.get());
    if (options.want_history) {
      for (InProcessPublisher* publisher : topic.publishers) publisher->deliver_history(*subscriber);
    }
    return subscriber;
  }

 private:
  Hub hub_;
};

}  // namespace

std::unique_ptr<Transport> make_in_process_transport() { return std::make_unique<InProcessTransport>(); }

}  // namespace tactus
