// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "tactus/middleware/contract.hpp"

/// How a node hands over what it knows when another build of it takes its place (`rtctl node reload`).
namespace tactus {

/// Collects a state, in a buffer that is there already. Never allocates. Throws ContractBroken when it is
/// full.
class StateWriter {
 public:
  explicit StateWriter(std::span<std::byte> room) noexcept : room_{room} {}

  /// Plain values and structs of them. What pointers point at is not handed over.
  template <typename T>
  requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>) void put(const T& value) {
    put_all(std::span{&value, 1});
  }
  template <typename T, std::size_t N>
  requires(std::is_trivially_copyable_v<T>) void put_all(std::span<T, N> values) {
    const auto bytes = std::as_bytes(values);
    TACTUS_EXPECT(bytes.size() <= room_.size() - size_, "a state of at most kMostStateBytes");
    if (!bytes.empty()) std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::span<std::byte> room_;
  std::size_t size_ = 0;
};

/// Gives it back, in the same order. Throws ContractBroken when it has less.
class StateReader {
 public:
  explicit StateReader(std::span<const std::byte> state) noexcept : state_{state} {}

  template <typename T>
  requires(std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T>) [[nodiscard]] T get() {
    T value;
    get_all(std::span{&value, 1});
    return value;
  }
  template <typename T, std::size_t N>
  requires(std::is_trivially_copyable_v<T>) void get_all(std::span<T, N> values) {
    const auto bytes = std::as_writable_bytes(values);
    TACTUS_EXPECT(bytes.size() <= state_.size(), "a state with as much in it as restore() reads");
    if (!bytes.empty()) std::memcpy(bytes.data(), state_.data(), bytes.size());
    state_ = state_.subspan(bytes.size());
  }
  [[nodiscard]] std::size_t left() const noexcept { return state_.size(); }

 private:
  std::span<const std::byte> state_;
};

inline constexpr std::size_t kMostStateBytes = std::size_t{1} << 20;

/// A node derives from it besides Node: TACTUS_NODE finds out. All calls come on the node's thread, between
/// two of its other calls; its neighbours wait meanwhile, so they neither block nor allocate.
class Stateful {
 public:
  /// Counts up whenever what save() writes changes.
  [[nodiscard]] virtual std::uint32_t state_version() const noexcept = 0;
  /// What the next one needs to go on where this one is. This one may go on itself afterwards, when the next
  /// one cannot restore it. At most kMostStateBytes.
  virtual void save(StateWriter& to) const = 0;
  /// Of a node that has started and was not called yet: goes on where another one was, which had that
  /// `version`. Reads all of it. What it throws refuses the state: the other one goes on.
  virtual void restore(StateReader& from, std::uint32_t version) = 0;

 protected:
  ~Stateful() = default;
};

}  // namespace tactus
