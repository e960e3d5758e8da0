// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "asymmetric_fence.hpp"
#include "tactus/middleware/transport.hpp"

/// Messages between the endpoints of one process: pointers to the publisher's slots through bounded rings. No
/// iceoryx, no locks and no allocation in what publishers and subscribers do; only connecting them does both.
namespace tactus::shm {

/// One message of a publisher; its memory is used again when nobody reads it any more.
struct alignas(64) Slot : Chunk {
  /// As its readers see it.
  struct Message : ConstChunk {
    Slot* slot = nullptr;
  };
  Message message;
  /// Rings it lies in and readers that took it. The publisher sets it, everybody else only counts down.
  std::atomic<std::uint32_t> users{0};

  /// Any thread, once per push: the memory is the publisher's again when all have. Nothing of the slot may be
  /// looked at afterwards.
  void give_up() noexcept {
    // Who is alone with it stores: counting down would wait for all that this thread stored before.
    if (users.load(std::memory_order_acquire) == 1)
      users.store(0, std::memory_order_release);
    else
      users.fetch_sub(1, std::memory_order_release);
  }
};
static_assert(sizeof(Slot) == 64);

/// The newest `depth` messages of one publisher for one subscriber. One thread pushes, one pops.
class Ring {
 public:
  explicit Ring(std::uint32_t depth);

  /// The publisher: when full, the oldest is given up.
  void push(Slot& slot, std::int64_t publish_time_ns) noexcept;
  /// The subscriber: the oldest; nullptr when there is none.
  [[nodiscard]] Slot* pop() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    while (head != tail_.load(std::memory_order_acquire)) {
      Slot* oldest = at(head).slot.load(std::memory_order_relaxed);
      if (head_.compare_exchange_strong(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        return oldest;
    }
    return nullptr;
  }
  /// The subscriber, when it is not empty: when the oldest was published. It may be dropped before it is
  /// popped.
  [[nodiscard]] std::int64_t oldest_ns() const noexcept {
    return at(head_.load(std::memory_order_acquire)).publish_time_ns.load(std::memory_order_relaxed);
  }
  void warm() const noexcept;  ///< either side: prefetches its end
  [[nodiscard]] bool empty() const noexcept {
    return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
  }

 private:
  struct Entry {
    std::atomic<Slot*> slot{nullptr};
    std::atomic<std::int64_t> publish_time_ns{0};
  };
  [[nodiscard]] Entry& at(std::uint64_t index) noexcept { return entries_[index & (entries_.size() - 1)]; }
  [[nodiscard]] const Entry& at(std::uint64_t index) const noexcept {
    return entries_[index & (entries_.size() - 1)];
  }

  std::uint32_t depth_;
  std::vector<Entry> entries_;                      ///< a power of two
  alignas(64) std::atomic<std::uint64_t> head_{0};  ///< next to pop; who moves it owns what it moved over
  alignas(64) std::atomic<std::uint64_t> tail_{0};  ///< next to push; the publisher only
};

/// A subscriber's connection to one publisher of its process. Used again for another publisher once it is
/// closed and drained.
struct Source {
  explicit Source(std::uint32_t depth) : ring{depth} {}
  Ring ring;
  std::uint64_t last_sequence = 0;  ///< of what was taken; the subscriber's thread
  bool open = false;                ///< the hub's
  Source* next = nullptr;           ///< fixed before others see it
};

/// The end of a subscriber. `oldest` and `any` on the subscriber's thread, the rest is the hub's.
class LocalReader {
 public:
  struct Oldest {
    Source* source = nullptr;
    std::int64_t publish_time_ns = 0;
  };

  /// `queue`: where iceoryx would put messages for it.
  LocalReader(std::string topic, std::uint32_t depth, std::uint32_t max_held, const void* queue)
      : topic_{std::move(topic)}, depth_{depth}, max_held_{max_held}, queue_{queue} {}

  /// The connection whose oldest message was published first; empty when there is no message.
  [[nodiscard]] Oldest oldest() const noexcept {
    Oldest oldest;
    for (Source* source = first_.load(std::memory_order_acquire); source != nullptr; source = source->next) {
      if (source->ring.empty()) continue;
      const std::int64_t time_ns = source->ring.oldest_ns();
      if (oldest.source == nullptr || time_ns < oldest.publish_time_ns) oldest = {source, time_ns};
    }
    return oldest;
  }
  [[nodiscard]] bool any() const noexcept { return oldest().source != nullptr; }
  void warm() const noexcept;  ///< prefetches what taking touches
  /// How many messages of one publisher it queues and holds at most.
  [[nodiscard]] std::uint32_t most() const noexcept { return depth_ + max_held_; }

 private:
  friend class LocalHub;
  Source& open_source();
  void drain() noexcept;

  std::string topic_;
  std::uint32_t depth_, max_held_;
  const void* queue_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::atomic<Source*> first_{nullptr};
};

/// The end of a publisher.
class LocalWriter {
 public:
  LocalWriter(std::string topic, std::uint32_t max_loans) : topic_{std::move(topic)}, max_loans_{max_loans} {}
  virtual ~LocalWriter() = default;
  LocalWriter(const LocalWriter&) = delete;
  LocalWriter& operator=(const LocalWriter&) = delete;

  /// True when a subscriber of this process listens. May be late by a message, never for one that the
  /// subscriber could have waited for.
  [[nodiscard]] bool heard() const noexcept { return links_.load(std::memory_order_relaxed) != nullptr; }
  /// The publisher's thread: to all subscribers of this process. Then calls `outside` with the queues of
  /// theirs, which iceoryx must not serve.
  template <typename Outside>
  void push(Slot& slot, std::int64_t publish_time_ns, Outside&& outside) noexcept {
    const Entered links{*this};
    if (links) push(*links, slot, publish_time_ns);
    outside(links ? links->queues : kNoQueues);
  }

 protected:
  /// The publisher's thread: prefetches what push() touches.
  void warm_links() noexcept;
  /// Any thread: the publisher may have so many messages at once from now on. False when it cannot.
  virtual bool allow(std::uint32_t slots) = 0;

 private:
  friend class LocalHub;
  /// Whom to push to: never changed, only replaced.
  struct Links {
    std::vector<LocalReader*> readers;
    std::vector<Source*> sources;
    std::vector<const void*> queues;
  };
  /// Keeps the links alive. The fence makes sure that who replaces them sees us or we see the new ones.
  class Entered {
   public:
    explicit Entered(LocalWriter& writer) noexcept : writer_{writer} {
      writer_.busy_.store(1, std::memory_order_relaxed);
      asymmetric_fence_light();
      links_ = writer_.links_.load(std::memory_order_seq_cst);
    }
    ~Entered() { writer_.busy_.store(0, std::memory_order_release); }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    explicit operator bool() const noexcept { return links_ != nullptr; }
    const Links* operator->() const noexcept { return links_; }
    const Links& operator*() const noexcept { return *links_; }

   private:
    LocalWriter& writer_;
    const Links* links_;
  };
  static void push(const Links& links, Slot& slot, std::int64_t publish_time_ns) noexcept;
  void replace(Links links);
  [[nodiscard]] std::uint32_t slots_for(const std::vector<LocalReader*>& readers) const;

  static const std::vector<const void*> kNoQueues;

  std::string topic_;
  std::uint32_t max_loans_;
  std::unique_ptr<const Links> owned_;
  std::atomic<const Links*> links_{nullptr};
  std::atomic<std::uint32_t> busy_{0};
};

/// Who is connected to whom inside this process. Any thread; blocks until no publisher uses what changes.
class LocalHub {
 public:
  /// What a publisher that ended leaves behind as long as its messages are read.
  class Remains {
   public:
    virtual ~Remains() = default;
    [[nodiscard]] virtual bool in_use() const noexcept = 0;
  };

  /// Connects it with all of its topic. Publishers that cannot allow for one more are left out: they reach
  /// it through iceoryx. Returns how many. From then on nothing published is missed.
  std::size_t add(LocalReader& reader);
  void remove(LocalReader& reader);
  std::size_t add(LocalWriter& writer);
  /// Its messages stay readable: `remains` is kept until nobody reads them.
  void remove(LocalWriter& writer, std::unique_ptr<Remains> remains);

 private:
  struct Topic {
    std::vector<LocalReader*> readers;
    std::vector<LocalWriter*> writers;
  };
  static bool connect(LocalWriter& writer, LocalReader& reader);
  void sweep();

  std::mutex mutex_;
  std::map<std::string, Topic> topics_;
  std::vector<std::unique_ptr<Remains>> remains_;
};

}  // namespace tactus::shm
