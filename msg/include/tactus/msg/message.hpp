// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tactus/msg/bounded.hpp"
#include "tactus/msg/codec.hpp"

namespace tactus {

/// A message in a block of its own on the heap: the copyable, movable local for tests, tools and members.
/// Allocates. A moved-from Message may only be assigned to or destroyed.
template <typename T>
class Message {
 public:
  /// Room in the tail for what is written into it later; the default suits short strings.
  static constexpr std::size_t kDefaultTail = 4096;

  explicit Message(std::size_t tail_bytes = std::is_trivially_copyable_v<T> ? 0 : kDefaultTail)
      : size_{kBlockHeaderBytes + detail::align8(sizeof(T)) + detail::align8(tail_bytes)},
        memory_{new std::uint64_t[size_ / 8]} {
    construct_block<T>(bytes(), size_);
  }
  /// Deep copy with exactly the room it needs, plus the default tail.
  Message(const T& value)  // NOLINT(google-explicit-constructor): keeps a copy of what was received
      : Message{tail_bytes(value)} {
    **this = value;
  }
  Message(const Message& other) : Message{other.size_ - kBlockHeaderBytes - detail::align8(sizeof(T))} {
    **this = *other;
  }
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) noexcept = default;
  Message& operator=(const Message& other) {
    if (this != &other) *this = Message{other};
    return *this;
  }

  T& operator*() noexcept { return *reinterpret_cast<T*>(block_root_bytes(bytes())); }
  const T& operator*() const noexcept { return block_root<T>(bytes()); }
  T* operator->() noexcept { return &**this; }
  const T* operator->() const noexcept { return &**this; }
  operator const T&() const noexcept {
    return **this;
  }  // NOLINT(google-explicit-constructor): passes as the message

  [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(memory_.get()); }
  [[nodiscard]] const std::byte* bytes() const noexcept {
    return reinterpret_cast<const std::byte*>(memory_.get());
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  friend bool operator==(const Message& a, const Message& b) { return *a == *b; }

 private:
  static std::size_t tail_bytes(const T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) return 0;
    return tail_for(type_info<T>(), &value) + kDefaultTail;
  }
  std::size_t size_;
  std::unique_ptr<std::uint64_t[]> memory_;
};

}  // namespace tactus
