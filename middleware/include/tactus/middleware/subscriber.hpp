// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "tactus/middleware/contract.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/msg/message.hpp"

namespace tactus {

/// One received message, read-only, in the publisher's memory. Empty when there was none: check it before
/// use. Held until it is destroyed; may be released on any thread.
template <typename T>
class Sample {
 public:
  Sample() = default;
  Sample(UntypedSubscriber& port, const ConstChunk& chunk) noexcept : port_{&port}, chunk_{&chunk} {}
  Sample(Sample&& other) noexcept : port_{std::exchange(other.port_, nullptr)}, chunk_{other.chunk_} {}
  Sample& operator=(Sample&& other) noexcept {
    if (this != &other) {
      drop();
      port_ = std::exchange(other.port_, nullptr);
      chunk_ = other.chunk_;
    }
    return *this;
  }
  ~Sample() { drop(); }

  explicit operator bool() const noexcept { return port_ != nullptr; }
  /// Throws ContractBroken when there is none; so do the others.
  const T& operator*() const {
    expect_one();
    return block_root<T>(chunk_->bytes);
  }
  const T* operator->() const { return &**this; }
  [[nodiscard]] const SampleHeader& header() const {
    expect_one();
    return *chunk_->header;
  }
  [[nodiscard]] Time published() const {
    expect_one();
    return from_ns(chunk_->header->publish_time_ns);
  }
  [[nodiscard]] Time captured() const {
    expect_one();
    return from_ns(chunk_->header->capture_time_ns);
  }

 private:
  void expect_one() const {
    TACTUS_EXPECT(port_ != nullptr, "a message: check it after take(), latest() or next()");
  }
  void drop() noexcept {
    if (port_ != nullptr) std::exchange(port_, nullptr)->release(*chunk_);
  }
  UntypedSubscriber* port_ = nullptr;
  const ConstChunk* chunk_ = nullptr;
};

/// The next message of an input, for `co_await` in a coroutine node (tactus/coroutine.hpp).
template <typename T>
struct NextSample {
  UntypedSubscriber* port;
};

/// Handle of one input. The port belongs to the runtime. Thread: the node's. Never blocks, never allocates.
template <typename T>
class Subscriber {
 public:
  Subscriber() = default;
  explicit Subscriber(UntypedSubscriber& port) noexcept : port_{&port} {}

  /// The oldest message that was not taken yet.
  [[nodiscard]] Sample<T> take() {
    TACTUS_EXPECT(port_ != nullptr, "an input from subscribe()");
    const ConstChunk* chunk = port_->take();
    return chunk == nullptr ? Sample<T>{} : Sample<T>{*port_, *chunk};
  }

  /// The newest message that was not taken yet; older ones are discarded. Empty when none came since the last
  /// call, or when it was published longer than `max_age` ago.
  [[nodiscard]] Sample<T> latest(Duration max_age = Duration::max()) {
    Sample<T> newest;
    while (auto sample = take()) newest = std::move(sample);
    if (newest && max_age != Duration::max() &&
        clamped_difference(to_ns(group_now()), to_ns(newest.published())) > max_age.count())
      newest = {};
    return newest;
  }

  /// For coroutine nodes: `co_await imu.next()` is the oldest message that was not taken yet, once there is
  /// one.
  [[nodiscard]] NextSample<T> next() const noexcept { return {port_}; }

  [[nodiscard]] EndpointCounts counts() const noexcept { return port_->counts(); }
  /// True for the port it was made with.
  [[nodiscard]] bool reads(const UntypedSubscriber& port) const noexcept { return port_ == &port; }

 private:
  UntypedSubscriber* port_ = nullptr;
};

}  // namespace tactus
