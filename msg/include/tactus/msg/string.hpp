// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <ostream>

#include "tactus/msg/block.hpp"

namespace tactus {

/// UTF-8 text in a message block. Assigning copies into the block's own tail; throws TailExhausted when that
/// is full. `Bound` is the definition's upper bound in bytes, 0 = unbounded.
template <std::uint32_t Bound = 0>
class BasicString {
 public:
  explicit BasicString(Tail tail) noexcept : run_{tail} {}
  BasicString(Tail tail, std::string_view initial) : run_{tail} { *this = initial; }
  // Compilers print the next line, with its advice.
  // clang-format off
  BasicString(const BasicString&) = delete;  // lives in a message block: bind it with const auto&, or keep a std::string{text}
  // clang-format on
  BasicString& operator=(const BasicString& other) { return *this = std::string_view{other}; }
  BasicString& operator=(std::string_view text) {
    if (!try_assign(text)) detail::throw_tail_exhausted(text.size() + 1, detail::left(run_.block()));
    return *this;
  }
  BasicString& operator=(const char* text) { return *this = std::string_view{text}; }

  /// False, and unchanged, when the bound or the block's room does not suffice.
  [[nodiscard]] bool try_assign(std::string_view text) noexcept {
    if (Bound != 0 && text.size() > Bound) return false;
    if (text.size() >= UINT32_MAX) return false;
    if (text.empty()) {
      run_.size = 0;
      return true;
    }
    if (!make_room(text.size() + 1)) return false;
    std::memmove(run_.data(), text.data(), text.size());
    run_.data()[text.size()] = std::byte{0};
    run_.size = static_cast<std::uint32_t>(text.size());
    return true;
  }

  [[nodiscard]] std::size_t size() const noexcept { return run_.size; }
  [[nodiscard]] bool empty() const noexcept { return run_.size == 0; }
  [[nodiscard]] const char* data() const noexcept { return c_str(); }
  [[nodiscard]] const char* c_str() const noexcept {
    return run_.size == 0 ? "" : reinterpret_cast<const char*>(run_.data());
  }
  operator std::string_view() const noexcept {
    return {c_str(), run_.size};
  }  // NOLINT(google-explicit-constructor): reads as text
  [[nodiscard]] char operator[](std::size_t i) const noexcept { return c_str()[i]; }

  friend bool operator==(const BasicString& a, const BasicString& b) noexcept {
    return std::string_view{a} == std::string_view{b};
  }
  friend bool operator==(const BasicString& a, std::string_view b) noexcept {
    return std::string_view{a} == b;
  }
  friend bool operator==(const BasicString& a, const char* b) noexcept { return std::string_view{a} == b; }
  friend std::ostream& operator<<(std::ostream& out, const BasicString& text) {
    return out << std::string_view{text};
  }

 private:
  bool make_room(std::size_t bytes) noexcept {
    if (run_.capacity() >= bytes) return true;
    BlockHeader& block = run_.block();
    if (run_.capacity() > 0 && detail::extend_run(block, run_.data(), bytes)) return true;
    std::byte* fresh = detail::take_run(block, bytes);
    if (fresh == nullptr) return false;
    if (run_.capacity() > 0) detail::abandon_run(run_.data(), run_.capacity());
    run_.point_at(fresh);
    return true;
  }

  detail::Run run_;
};

using String = BasicString<0>;
static_assert(sizeof(String) == 8);

/// Array of strings or block-bound messages; plain elements use std::array.
template <typename T, std::size_t N>
class BlockArray {
 public:
  explicit BlockArray(Tail tail) : BlockArray{tail, std::make_index_sequence<N>{}} {}
  // Compilers print the next line, with its advice.
  // clang-format off
  BlockArray(const BlockArray&) = delete;  // lives in a message block: bind it with const auto&
  // clang-format on
  BlockArray& operator=(const BlockArray&) = default;
  friend bool operator==(const BlockArray&, const BlockArray&) = default;

  [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }
  T& operator[](std::size_t i) noexcept { return items_[i]; }
  const T& operator[](std::size_t i) const noexcept { return items_[i]; }
  T* begin() noexcept { return items_; }
  T* end() noexcept { return items_ + N; }
  const T* begin() const noexcept { return items_; }
  const T* end() const noexcept { return items_ + N; }

 private:
  template <std::size_t... I>
  BlockArray(Tail tail, std::index_sequence<I...>) : items_{((void)I, T(tail))...} {}
  T items_[N];
};

}  // namespace tactus
