// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "tactus/middleware/sample_header.hpp"
#include "tactus/msg/type.hpp"

/// The untyped byte API below the typed handles: the seam for other transports and languages.
namespace tactus {

/// Index of a doorbell (futex word) that a publisher rings after it has pushed a message.
/// 0 = none: the subscriber is only polled.
using DoorbellId = std::uint32_t;

/// Default of every subscriber and publisher that says nothing else.
inline constexpr std::uint32_t kDefaultDepth = 8;
inline constexpr std::uint32_t kMaxHistory = 16;  ///< iceoryx clamps above: refused before
inline constexpr std::uint32_t kMaxDepth = 256;
inline constexpr std::uint32_t kMaxLoans = 8;
inline constexpr std::uint32_t kMaxHeld = 255;

struct PublisherOptions {
  std::string node;                ///< full name of the owning node, "/tracker"
  std::string topic;               ///< full, resolved topic name, "/head/pose"
  const TypeInfo* type = nullptr;  ///< outlives the publisher
  std::uint32_t history = 0;       ///< latched: the last N messages reach late subscribers (0..16)
  std::uint32_t max_loans = 2;     ///< loans a node may hold at once (1..8)
  std::size_t max_bytes = 0;       ///< size of a whole block: header, struct and tail (never 0 here)
};

struct SubscriberOptions {
  std::string node;
  std::string topic;
  const TypeInfo* type = nullptr;
  std::uint32_t depth = kDefaultDepth;  ///< queue; the oldest message is dropped and counted when full
  std::uint32_t max_held = 4;           ///< samples a node may hold at once (1..255)
  bool want_history = true;             ///< receive latched messages at connect
  DoorbellId doorbell = 0;              ///< rung after each message pushed for this subscriber
};

/// Memory of one message that is not published yet. `bytes` is 8-aligned, `size` at least max_bytes. The
/// transport's own: it stays where it is until it is published or released. The typed Loan owns it.
struct Chunk {
  std::byte* bytes = nullptr;
  std::size_t size = 0;
  SampleHeader* header = nullptr;
};

/// One received message: read-only. Stays where it is until it is released.
struct ConstChunk {
  const std::byte* bytes = nullptr;
  std::size_t size = 0;  ///< the transport's size of the chunk, not what the block claims
  const SampleHeader* header = nullptr;
};

/// The transport keeps no entry in a ProcessPage for the endpoint.
inline constexpr std::uint32_t kNoPageIndex = 0xFFFF'FFFF;

/// Counters of one endpoint. Written by its owner only.
struct EndpointCounts {
  std::uint64_t messages = 0;     ///< published or taken
  std::uint64_t bytes = 0;        ///< block bytes of those
  std::uint64_t dropped = 0;      ///< subscriber: gaps in sequence numbers; publisher: loans refused
  std::uint64_t rejected = 0;     ///< subscriber: blocks that failed the check
  std::int64_t age_ns_total = 0;  ///< subscriber: group time minus capture time at take(), of all messages
  std::int64_t age_ns_max = 0;
  std::uint64_t unmatched = 0;  ///< subscriber: said with count_unmatched()
};

/// One publishing endpoint. Thread: one thread at a time (the node's). Blocks: never (iceoryx's short
/// mutex is the listed exception). Allocates: never.
class UntypedPublisher {
 public:
  virtual ~UntypedPublisher() = default;
  /// nullptr when nothing is to be had; counted.
  [[nodiscard]] virtual Chunk* loan() noexcept = 0;
  /// Stamps sequence, publisher and, where still 0, the times; then pushes and rings.
  virtual void publish(Chunk& chunk) noexcept = 0;
  virtual void release(Chunk& chunk) noexcept = 0;
  [[nodiscard]] virtual EndpointCounts counts() const noexcept = 0;
  [[nodiscard]] virtual const PublisherOptions& options() const noexcept = 0;
  [[nodiscard]] virtual std::uint32_t page_index() const noexcept { return kNoPageIndex; }
  /// Prefetches what the next loan() and publish() touch: after an idle time it has left the caches.
  virtual void warm() noexcept {}
};

/// One subscribing endpoint. `take` on the node's thread only; `release` on any thread.
class UntypedSubscriber {
 public:
  virtual ~UntypedSubscriber() = default;
  /// Oldest queued message, checked block; nullptr when there is none or the held quota is used up.
  [[nodiscard]] virtual const ConstChunk* take() noexcept = 0;
  virtual void release(const ConstChunk& chunk) noexcept = 0;
  /// True when take() would return a message. Thread: the node's. One relaxed load where possible.
  [[nodiscard]] virtual bool has_data() const noexcept = 0;
  [[nodiscard]] virtual EndpointCounts counts() const noexcept = 0;
  [[nodiscard]] virtual const SubscriberOptions& options() const noexcept = 0;
  [[nodiscard]] virtual std::uint32_t page_index() const noexcept { return kNoPageIndex; }
  /// The message taken last had no partner in the other inputs that it was to be matched with.
  virtual void count_unmatched() noexcept {}
  /// Prefetches what the next take() and release() touch.
  virtual void warm() noexcept {}
};

/// Where messages go. Implementations: in process (tests, simulated time), iceoryx (one host).
/// Creating endpoints may block and allocates; throws TransportError.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions&) = 0;
  [[nodiscard]] virtual std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions&) = 0;
};

/// Which limit or rule refused an endpoint. The text names topic, node, numbers and what to do.
enum class TransportErrorCode {
  kBadName,
  kTypeUnknown,
  kTooManyPublishers,
  kTooManySubscribers,
  kTooManySubscribersOnTopic,
  kTooManyProcesses,
  kDepthTooLarge,
  kHistoryTooLarge,
  kTooManyLoans,
  kTooManyHeld,
  kMessageTooLarge,
  kNoMemory,
  kNodeNameTaken,
  kBrokerUnreachable,
  kBrokerRefused,
  kForked,
};

class TransportError : public std::runtime_error {
 public:
  TransportError(TransportErrorCode code, const std::string& text) : std::runtime_error{text}, code_{code} {}
  [[nodiscard]] TransportErrorCode code() const noexcept { return code_; }

 private:
  TransportErrorCode code_;
};

}  // namespace tactus
