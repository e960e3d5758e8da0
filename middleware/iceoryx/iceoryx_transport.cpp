// SPDX-License-Identifier: Apache-2.0
// The only place that calls iceoryx from a node's process. Every call that may take a lock in shared memory
// raises the thread's in-call flag, so that the broker kills us only outside of them.
#include "tactus/middleware/iceoryx_transport.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iceoryx_hoofs/error_handling/error_handling.hpp>
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "tactus/middleware/checks.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus {
namespace {

constexpr auto kConnectLimit = std::chrono::milliseconds{500};

/// Set by a child after fork(): the runtime belongs to the parent.
std::atomic<bool> forked{false};

/// The calling thread's flag in its process' page. More threads than flags share the last one.
ThreadFlag& claim_flag(ProcessPage& page) noexcept {
  const auto tid = static_cast<std::uint32_t>(syscall(SYS_gettid));
  for (ThreadFlag& flag : page.threads) {
    std::uint32_t free = 0;
    if (flag.tid.compare_exchange_strong(free, tid)) return flag;
  }
  return page.threads.back();
}

ThreadFlag& thread_flag(ProcessPage& page) noexcept {
  struct Claimed {
    ProcessPage* page;
    ThreadFlag* flag;
  };
  // Read twice per call into iceoryx: without a call into the dynamic linker.
  __attribute__((tls_model("initial-exec"))) thread_local Claimed mine{};
  if (mine.page != &page) mine = {&page, &claim_flag(page)};
  return *mine.flag;
}

/// Raised while a call into iceoryx may hold a lock in shared memory. The broker reads it when this thread
/// has been stopped or is dead: all it stored before is visible then, so the order of the program is enough.
class InCall {
 public:
  /// A call that creates or destroys ports or the runtime.
  explicit InCall(ProcessPage& page) noexcept : InCall{page, ThreadFlag::kOtherCall} {}
  /// A call that moves a chunk of this endpoint. Calls do not nest.
  InCall(ProcessPage& page, const EndpointPlace& place) noexcept : InCall{page, place.counters + 1} {}
  ~InCall() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (shared_)
      flag_.in_call.fetch_sub(ThreadFlag::kOtherCall);
    else
      flag_.in_call.store(0, std::memory_order_relaxed);
  }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  InCall(ProcessPage& page, std::uint32_t what) noexcept
      : flag_{thread_flag(page)}, shared_{&flag_ == &page.threads.back()} {
    if (shared_)
      flag_.in_call.fetch_add(ThreadFlag::kOtherCall);
    else
      flag_.in_call.store(what, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ThreadFlag& flag_;
  bool shared_;
};

template <typename Value>
void bump(std::atomic<Value>& counter, Value by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);  // single writer
}

std::string hex16(std::uint64_t value) { return fmt::format("{:016x}", value); }

/// service = type id, instance = group, event = readable start of the topic + hash of the whole: at most 77
/// bytes each.
iox::capro::ServiceDescription service(const std::string& group, const std::string& topic,
                                       const TypeInfo& type) {
  using Id = iox::capro::IdString_t;
  const std::string event = topic.substr(0, 60) + "#" + hex16(fnv1a(topic));
  return {Id{iox::cxx::TruncateToCapacity, to_hex(type_id(type))},
          Id{iox::cxx::TruncateToCapacity, hex16(fnv1a(group))}, Id{iox::cxx::TruncateToCapacity, event}};
}

iox::NodeName_t node_name(const std::string& node) {
  return iox::NodeName_t{iox::cxx::TruncateToCapacity, hex16(fnv1a(node))};
}

/// Keeps the sizes of the smallest and the largest message.
void widen(EndpointCounters& counters, std::uint64_t bytes) noexcept {
  const std::uint64_t least = counters.bytes_min.load(std::memory_order_relaxed);
  if (least == 0 || bytes < least) counters.bytes_min.store(bytes, std::memory_order_relaxed);
  if (bytes > counters.bytes_max.load(std::memory_order_relaxed))
    counters.bytes_max.store(bytes, std::memory_order_relaxed);
}

EndpointCounts read(const EndpointCounters& c) noexcept {
  return {c.messages.load(std::memory_order_relaxed),     c.bytes.load(std::memory_order_relaxed),
          c.dropped.load(std::memory_order_relaxed),      c.rejected.load(std::memory_order_relaxed),
          c.age_ns_total.load(std::memory_order_relaxed), c.age_ns_max.load(std::memory_order_relaxed),
          c.unmatched.load(std::memory_order_relaxed)};
}

/// Waits for RouDi to connect what was just created; its discovery is asynchronous.
template <typename Done>
bool wait_for(Done done) {
  const auto limit = std::chrono::steady_clock::now() + kConnectLimit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  return true;
}

class IceoryxPublisher final : public UntypedPublisher {
 public:
  IceoryxPublisher(BrokerClient& broker, const PublisherOptions& options, EndpointPlace place)
      : broker_{broker},
        options_{options},
        page_{broker.page()},
        doorbells_{broker.doorbells()},
        place_{place},
        counters_{page_.endpoints[place.counters]} {
    const InCall call{page_};
    iox::popo::PublisherOptions port;
    port.historyCapacity = options.history;
    port.nodeName = node_name(options.node);
    port_ = std::make_unique<iox::popo::UntypedPublisher>(
        service(broker.group(), options.topic, *options.type), port);
    wait_for([&] { return port_->isOffered(); });
  }
  ~IceoryxPublisher() override {
    if (forked) {
      static_cast<void>(port_.release());
      return;
    }
    {
      const InCall call{page_};
      port_.reset();
    }
    broker_.remove_endpoint(place_);
  }

  Chunk loan() noexcept override {
    if (loaned_ == options_.max_loans || forked) return refused();
    prefetch_bells();
    const InCall call{page_, place_};
    auto result = port_->loan(static_cast<std::uint32_t>(options_.max_bytes), 8, sizeof(SampleHeader),
                              alignof(SampleHeader));
    if (result.has_error()) return refused();
    ++loaned_;
    void* payload = result.value();
    auto* header =
        static_cast<SampleHeader*>(iox::mepoo::ChunkHeader::fromUserPayload(payload)->userHeader());
    *header = SampleHeader{};
    return {static_cast<std::byte*>(payload), options_.max_bytes, header, payload};
  }

  void publish(Chunk chunk) noexcept override {
    stamp(*chunk.header);
    --loaned_;
    const std::uint64_t bytes = chunk.header->block_bytes;
    const std::int64_t now_ns = chunk.header->publish_time_ns;
    {
      const InCall call{page_, place_};
      port_->publish(chunk.token);
    }
    doorbells_.ring(place_.topic_slot);
    bump(counters_.messages);  // when the reader is on its way already
    bump(counters_.bytes, bytes);
    widen(counters_, bytes);
    if (counters_.first_ns.load(std::memory_order_relaxed) == 0)
      counters_.first_ns.store(now_ns, std::memory_order_relaxed);
    counters_.last_ns.store(now_ns, std::memory_order_relaxed);
  }

  void release(Chunk chunk) noexcept override {
    --loaned_;
    const InCall call{page_, place_};
    port_->release(chunk.token);
  }

  EndpointCounts counts() const noexcept override { return read(counters_); }
  const PublisherOptions& options() const noexcept override { return options_; }
  std::uint32_t page_index() const noexcept override { return place_.counters; }

 private:
  Chunk refused() noexcept {
    bump(counters_.dropped);
    return {};
  }
  /// What ring() reads comes into the cache while the node writes its message.
  void prefetch_bells() const noexcept {
    const auto& bits = doorbells_.topics[place_.topic_slot].bits;
    __builtin_prefetch(&bits.front());
    __builtin_prefetch(&bits.back());
  }
  void stamp(SampleHeader& header) noexcept {
    header.publisher = {0, broker_.process_id(), broker_.generation(), place_.id};
    header.sequence = ++sequence_;
    if (header.clock_id == 0) header.clock_id = clock_id_;  // else it comes from another host
    if (header.publish_time_ns == 0) header.publish_time_ns = to_ns(group_now());
    if (header.capture_time_ns == 0) header.capture_time_ns = header.publish_time_ns;
  }

  BrokerClient& broker_;
  PublisherOptions options_;
  ProcessPage& page_;
  DoorbellPage& doorbells_;
  EndpointPlace place_;
  EndpointCounters& counters_;
  std::unique_ptr<iox::popo::UntypedPublisher> port_;
  std::uint32_t loaned_ = 0;
  std::uint64_t sequence_ = 0;
  const std::uint32_t clock_id_ = group_clock().id;
};

class IceoryxSubscriber final : public UntypedSubscriber {
 public:
  IceoryxSubscriber(BrokerClient& broker, const SubscriberOptions& options, EndpointPlace place)
      : broker_{broker},
        options_{options},
        page_{broker.page()},
        place_{place},
        counters_{page_.endpoints[place.counters]} {
    returned_.reserve(options.max_held);
    last_.reserve(64);
    const InCall call{page_};
    iox::popo::SubscriberOptions port;
    port.queueCapacity = options.depth;
    port.historyRequest = options.want_history ? std::min(kMaxHistory, options.depth) : 0;
    port.nodeName = node_name(options.node);
    port_ = std::make_unique<iox::popo::UntypedSubscriber>(
        service(broker.group(), options.topic, *options.type), port);
    wait_for([&] { return port_->getSubscriptionState() != iox::SubscribeState::SUBSCRIBE_REQUESTED; });
  }
  ~IceoryxSubscriber() override {
    if (forked) {
      static_cast<void>(port_.release());
      return;
    }
    take_back();
    {
      const InCall call{page_};
      port_.reset();
    }
    broker_.remove_endpoint(place_);
  }

  std::optional<ConstChunk> take() noexcept override {
    owner_ = std::this_thread::get_id();
    if (any_returned_.load(std::memory_order_acquire)) take_back();
    if (!port_->hasData()) return std::nullopt;
    __builtin_prefetch(&counters_, 1);
    while (held_ < options_.max_held && !forked) {
      const InCall call{page_, place_};
      auto result = port_->take();
      if (result.has_error()) return std::nullopt;
      const auto* header = iox::mepoo::ChunkHeader::fromUserPayload(result.value());
      const auto* sample = static_cast<const SampleHeader*>(header->userHeader());
      const auto* bytes = static_cast<const std::byte*>(result.value());
      if (header->userHeaderSize() != sizeof(SampleHeader) || sample->version != kSampleHeaderVersion ||
          !check_block(*options_.type, bytes, header->userPayloadSize())) {
        bump(counters_.rejected);
        port_->release(result.value());
        continue;
      }
      count(*sample, header->originId(), block_used(bytes));
      ++held_;
      return ConstChunk{bytes, header->userPayloadSize(), sample, result.value()};
    }
    return std::nullopt;
  }

  void release(ConstChunk chunk) noexcept override {
    if (forked) return;
    if (std::this_thread::get_id() == owner_) return give_up(chunk.token);
    const std::scoped_lock lock{returned_mutex_};
    returned_.push_back(chunk.token);  // never more than max_held: reserved
    any_returned_.store(true, std::memory_order_release);
  }

  bool has_data() const noexcept override { return port_->hasData(); }
  EndpointCounts counts() const noexcept override { return read(counters_); }
  const SubscriberOptions& options() const noexcept override { return options_; }
  std::uint32_t page_index() const noexcept override { return place_.counters; }
  void count_unmatched() noexcept override { bump(counters_.unmatched); }

 private:
  void give_up(const void* payload) noexcept {
    --held_;
    const InCall call{page_, place_};
    port_->release(payload);
  }

  /// What other threads released comes back on the owner's thread: iceoryx's ports belong to one.
  void take_back() noexcept {
    const std::scoped_lock lock{returned_mutex_};
    for (const void* payload : returned_) give_up(payload);
    returned_.clear();
    any_returned_.store(false, std::memory_order_relaxed);
  }

  /// Reads what lies in the first cache line of the chunk and no other: each costs a transfer between CPUs.
  void count(const SampleHeader& header, iox::popo::UniquePortId publisher, std::uint64_t bytes) noexcept {
    bump(counters_.messages);
    bump(counters_.bytes, bytes);
    const std::int64_t now_ns = to_ns(group_now());
    counters_.last_ns.store(now_ns, std::memory_order_relaxed);
    const auto captured = on_group_clock(from_ns(header.capture_time_ns), header.clock_id);
    const std::int64_t age_ns = captured ? clamped_difference(now_ns, to_ns(captured->time)) : 0;
    counters_.age_ns_total.store(clamped_sum(counters_.age_ns_total.load(std::memory_order_relaxed), age_ns),
                                 std::memory_order_relaxed);
    if (age_ns > counters_.age_ns_max.load(std::memory_order_relaxed))
      counters_.age_ns_max.store(age_ns, std::memory_order_relaxed);
    const auto known = std::ranges::find(last_, publisher, &Seen::publisher);
    if (known != last_.end()) {
      if (header.sequence > known->sequence + 1)
        bump(counters_.dropped, header.sequence - known->sequence - 1);
      known->sequence = header.sequence;
    } else if (last_.size() < last_.capacity()) {
      last_.push_back({publisher, header.sequence});
    } else {
      last_[forget_++ % last_.size()] = {publisher, header.sequence};
    }
  }

  struct Seen {
    iox::popo::UniquePortId publisher;
    std::uint64_t sequence;
  };

  BrokerClient& broker_;
  SubscriberOptions options_;
  ProcessPage& page_;
  EndpointPlace place_;
  EndpointCounters& counters_;
  std::unique_ptr<iox::popo::UntypedSubscriber> port_;
  std::thread::id owner_ = std::this_thread::get_id();
  std::uint32_t held_ = 0;
  std::vector<Seen> last_;  ///< newest sequence per publisher
  std::size_t forget_ = 0;
  std::mutex returned_mutex_;
  std::vector<const void*> returned_;
  std::atomic<bool> any_returned_{false};
};

/// iceoryx aborts on SEVERE by default; what it reports is counted by us as a failed call. FATAL cannot go
/// on.
void on_iceoryx_error(const iox::Error error, const std::function<void()>, const iox::ErrorLevel level) {
  if (level != iox::ErrorLevel::FATAL) return;
  fmt::print(stderr, "tactus: iceoryx cannot go on: {}\n", iox::ErrorHandler::toString(error));
  std::abort();
}

class IceoryxTransport final : public Transport {
 public:
  explicit IceoryxTransport(BrokerClient& broker) : broker_{broker} {
    static const auto handler = iox::ErrorHandler::setTemporaryErrorHandler(on_iceoryx_error);
    static const int registered = pthread_atfork(nullptr, nullptr, [] { forked = true; });
    static_cast<void>(registered);
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kOff,
                                                             iox::log::LogLevelOutput::kHideLogLevel);
    const InCall call{broker.page()};
    iox::runtime::PoshRuntime::initRuntime(
        iox::RuntimeName_t{iox::cxx::TruncateToCapacity, broker.runtime_name()});
  }

  std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override {
    check(options);
    constexpr std::size_t kLargest = (std::size_t{16} << 20) - 512;
    if (options.max_bytes > kLargest) {
      throw TransportError{TransportErrorCode::kMessageTooLarge,
                           fmt::format("{}: topic '{}': max_bytes is {}, the largest chunk holds {}",
                                       options.node, options.topic, options.max_bytes, kLargest)};
    }
    return std::make_unique<IceoryxPublisher>(broker_, options, broker_.add_publisher(options));
  }
  std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions& options) override {
    check(options);
    return std::make_unique<IceoryxSubscriber>(broker_, options, broker_.add_subscriber(options));
  }

 private:
  static void check(const auto& options) {
    check_options(options);
    if (forked) {
      throw TransportError{
          TransportErrorCode::kForked,
          fmt::format("{}: this process was forked from one that has topics: exec a program instead",
                      options.node)};
    }
  }
  BrokerClient& broker_;
};

}  // namespace

std::unique_ptr<Transport> make_iceoryx_transport(BrokerClient& broker) {
  return std::make_unique<IceoryxTransport>(broker);
}

}  // namespace tactus
