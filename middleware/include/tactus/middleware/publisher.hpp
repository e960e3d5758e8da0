// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <utility>

#include "tactus/middleware/contract.hpp"
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
  /// Throws ContractBroken when there is none.
  T& operator*() const {
    TACTUS_EXPECT(publisher_ != nullptr,
                  "a loan that is there: check it after loan(), and not after publish()");
    return *reinterpret_cast<T*>(block_root_bytes(chunk_->bytes));
  }
  T* operator->() const { return &**this; }

  /// When the data was captured, for sources; otherwise the publish time counts.
  void captured_at(Time time) {
    TACTUS_EXPECT(publisher_ != nullptr,
                  "a loan that is there: check it after loan(), and not after publish()");
    chunk_->header->capture_time_ns = to_ns(time);
  }

 private:
  template <typename>
  friend class Publisher;
  Loan(UntypedPublisher& publisher, Chunk& chunk) noexcept : publisher_{&publisher}, chunk_{&chunk} {}
  void drop() noexcept {
    if (publisher_ != nullptr) std::exchange(publisher_, nullptr)->release(*chunk_);
  }

  UntypedPublisher* publisher_ = nullptr;
  Chunk* chunk_ = nullptr;
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
    TACTUS_EXPECT(port_ != nullptr, "a publisher from advertise()");
    Chunk* chunk = port_->loan();
    if (chunk == nullptr) return {};
    Loan<T> loan{*port_, *chunk};  // released if a default does not fit
    construct_block<T>(chunk->bytes, chunk->size);
    return loan;
  }

  /// Throws ContractBroken when the loan is empty or another publisher's; it stays with the caller then.
  void publish(Loan<T>&& loan, std::source_location where = std::source_location::current()) {
    if (!loan || loan.publisher_ != port_) [[unlikely]]
      refuse(static_cast<bool>(loan), where);
    loan.chunk_->header->block_bytes = block_used(loan.chunk_->bytes);
    std::exchange(loan.publisher_, nullptr)->publish(*loan.chunk_);
  }

  [[nodiscard]] EndpointCounts counts() const noexcept { return port_->counts(); }

 private:
  /// Says where the node published it.
  [[noreturn, gnu::cold]] static void refuse(bool of_another, std::source_location where) {
    if (of_another)
      detail::break_contract("expected", "a loan of the publisher that publishes it", "publish(loan)", where);
    detail::break_contract("expected", "a loan that is there and not published yet", "publish(loan)", where);
  }

  UntypedPublisher* port_ = nullptr;
};

}  // namespace tactus
