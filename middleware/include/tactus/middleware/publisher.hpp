// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <utility>

#include "tactus/middleware/time.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/msg/message.hpp"

namespace tactus {

/// A message in the topic's own memory, not published yet. Move-only: publish it or drop it, both are right.
/// Empty when nothing was to be had: check it before use.
template <typename T>
class Loan {
 public:
  Loan() = default;
  Loan(Loan&& other) noexcept : publisher_{std::exchange(other.publisher_, nullptr)}, chunk_{other.chunk_} {}
  Loan& operator=(Loan&& other) noexcept {
    if (this != &other) {
      drop();
      publisher_ = std::exchange(other.publisher_, nullptr);
      chunk_ = other.chunk_;
    }
    return *this;
  }
  ~Loan() { drop(); }

  explicit operator bool() const noexcept { return publisher_ != nullptr; }
  T& operator*() const noexcept {
    assert(publisher_ != nullptr);
    return *reinterpret_cast<T*>(block_root_bytes(chunk_.bytes));
  }
  T* operator->() const noexcept { return &**this; }

  /// When the data was captured, for sources; otherwise the publish time counts.
  void captured_at(Time time) noexcept { chunk_.header->capture_time_ns = to_ns(time); }

 private:
  template <typename>
  friend class Publisher;
  Loan(UntypedPublisher& publisher, Chunk chunk) noexcept : publisher_{&publisher}, chunk_{chunk} {}
  void drop() noexcept {
    if (publisher_ != nullptr) std::exchange(publisher_, nullptr)->release(chunk_);
  }

  UntypedPublisher* publisher_ = nullptr;
  Chunk chunk_;
};

/// Handle of one output. The port belongs to the runtime and outlives the node. Thread: the node's.
/// Never blocks, never allocates.
template <typename T>
class Publisher {
 public:
  Publisher() = default;
  explicit Publisher(UntypedPublisher& port) noexcept : port_{&port} {}

  /// The topic's whole declared size, struct constructed with its defaults, tail untouched. Empty (and
  /// counted) when the pool or the loan quota is used up.
  [[nodiscard]] Loan<T> loan() {
    Chunk chunk = port_->loan();
    if (chunk.bytes == nullptr) return {};
    Loan<T> loan{*port_, chunk};  // released if a default does not fit
    construct_block<T>(chunk.bytes, chunk.size);
    return loan;
  }

  void publish(Loan<T>&& loan) noexcept {
    assert(loan && loan.publisher_ == port_);
    loan.chunk_.header->block_bytes = block_used(loan.chunk_.bytes);
    std::exchange(loan.publisher_, nullptr)->publish(loan.chunk_);
  }

  [[nodiscard]] EndpointCounts counts() const noexcept { return port_->counts(); }

 private:
  UntypedPublisher* port_ = nullptr;
};

}  // namespace tactus
