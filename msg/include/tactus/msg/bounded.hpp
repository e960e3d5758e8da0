// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactus/msg/sequence.hpp"

namespace tactus {

/// A bounded string that lies inline: an ordinary value. Not terminated beyond `size()`.
template <std::uint32_t N>
class InlineString {
 public:
  InlineString() = default;
  InlineString(std::string_view text) {
    *this = text;
  }  // NOLINT(google-explicit-constructor): defaults read as text
  InlineString& operator=(std::string_view text) {
    if (!try_assign(text)) detail::throw_tail_exhausted(text.size(), N);
    return *this;
  }
  InlineString& operator=(const char* text) { return *this = std::string_view{text}; }
  [[nodiscard]] bool try_assign(std::string_view text) noexcept {
    if (text.size() > N) return false;
    std::memmove(text_, text.data() == nullptr ? "" : text.data(), text.size());
    text_[text.size()] = '\0';
    size_ = static_cast<std::uint32_t>(text.size());
    return true;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const char* c_str() const noexcept { return text_; }
  operator std::string_view() const noexcept {
    return {text_, size_};
  }  // NOLINT(google-explicit-constructor): reads as text
  friend bool operator==(const InlineString& a, const InlineString& b) noexcept {
    return std::string_view{a} == std::string_view{b};
  }
  friend bool operator==(const InlineString& a, std::string_view b) noexcept {
    return std::string_view{a} == b;
  }
  friend bool operator==(const InlineString& a, const char* b) noexcept { return std::string_view{a} == b; }

 private:
  std::uint32_t size_ = 0;
  char text_[N + 1] = {};
};

/// A bounded sequence of plain elements that lies inline: an ordinary value.
template <typename T, std::uint32_t N>
class InlineSequence {
 public:
  using value_type = T;
  InlineSequence() = default;
  InlineSequence(std::initializer_list<T> values) {
    assign(std::span<const T>{values.begin(), values.size()});
  }
  InlineSequence& operator=(std::initializer_list<T> values) {
    assign(std::span<const T>{values.begin(), values.size()});
    return *this;
  }
  void assign(std::span<const T> values) {
    resize(values.size());
    std::copy(values.begin(), values.end(), items_);
  }
  void resize(std::size_t count) {
    if (!try_resize(count)) detail::throw_tail_exhausted(count, N);
  }
  [[nodiscard]] bool try_resize(std::size_t count) noexcept {
    if (count > N) return false;
    for (std::size_t i = size_; i < count; ++i) items_[i] = T();
    size_ = static_cast<std::uint32_t>(count);
    return true;
  }
  void push_back(const T& value) {
    resize(size_ + 1);
    items_[size_ - 1] = value;
  }
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  T* data() noexcept { return items_; }
  const T* data() const noexcept { return items_; }
  T* begin() noexcept { return items_; }
  T* end() noexcept { return items_ + size_; }
  const T* begin() const noexcept { return items_; }
  const T* end() const noexcept { return items_ + size_; }
  T& operator[](std::size_t i) noexcept {
    assert(i < size_);
    return items_[i];
  }
  const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return items_[i];
  }
  friend bool operator==(const InlineSequence& a, const InlineSequence& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::uint32_t size_ = 0;
  T items_[N] = {};
};

}  // namespace tactus
