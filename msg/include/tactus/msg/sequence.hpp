// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <ranges>

#include "tactus/msg/string.hpp"

namespace tactus {

/// Elements without a tail: ordinary values.
template <typename T>
concept PlainElement = std::is_trivially_copyable_v<T>;

/// A sequence in a message block. It grows in the block's own tail and throws TailExhausted when that is
/// full. `reserve` before `push_back`: growth leaves the old run behind. Iterate with range-for or `span()`:
/// indexing byte data is many times slower. `Bound` is the definition's upper bound, 0 = unbounded.
template <typename T, std::uint32_t Bound = 0>
class Sequence {
 public:
  using value_type = T;

  explicit Sequence(Tail tail) noexcept : run_{tail} {}
  // Compilers print the next line, with its advice.
  // clang-format off
  Sequence(const Sequence&) = delete;  // lives in a message block: bind it with const auto&, or copy its elements
  // clang-format on
  Sequence& operator=(const Sequence& other) {
    if (this != &other) assign_range(other);
    return *this;
  }
  Sequence& operator=(std::initializer_list<T> values) requires PlainElement<T> {
    assign_range(values);
    return *this;
  }
  template <std::ranges::contiguous_range Range>
  requires PlainElement<T> && std::same_as<std::ranges::range_value_t<Range>, T> &&
      (!std::same_as<std::remove_cvref_t<Range>, Sequence>)Sequence&
      operator=(const Range& values) {
    assign_range(values);
    return *this;
  }

  /// New elements are zero (or have their type's defaults).
  void resize(std::size_t count) {
    if (!try_resize(count)) detail::throw_tail_exhausted(count * sizeof(T), detail::left(run_.block()));
  }
  [[nodiscard]] bool try_resize(std::size_t count) {
    if (!try_reserve(count)) return false;
    construct(run_.size, count);
    run_.size = static_cast<std::uint32_t>(count);
    return true;
  }
  /// New elements keep what the memory held: write all of them. Returns the whole sequence.
  std::span<T> resize(std::size_t count, ForOverwrite) requires PlainElement<T> {
    if (!try_reserve(count)) detail::throw_tail_exhausted(count * sizeof(T), detail::left(run_.block()));
    run_.size = static_cast<std::uint32_t>(count);
    return span();
  }
  void reserve(std::size_t count) {
    if (!try_reserve(count)) detail::throw_tail_exhausted(count * sizeof(T), detail::left(run_.block()));
  }
  [[nodiscard]] bool try_reserve(std::size_t count) noexcept {
    if (Bound != 0 && count > Bound) return false;
    if (count > kMaxBlockBytes / sizeof(T)) return false;
    const std::size_t bytes = count * sizeof(T);
    if (run_.capacity() >= bytes) return true;
    BlockHeader& block = run_.block();
    if (run_.capacity() > 0 && detail::extend_run(block, run_.data(), bytes)) return true;
    std::byte* fresh = detail::take_run(block, bytes);
    if (fresh == nullptr) return false;
    move_to(fresh);
    return true;
  }
  template <std::convertible_to<T> U>
  requires PlainElement<T>
  void push_back(const U& value) {
    const T copy(value);
    emplace_back() = copy;
  }
  template <typename U>
  requires(!PlainElement<T>) && std::is_assignable_v<T&, const U&> void push_back(const U& value) {
    if constexpr (std::same_as<T, U>) {
      if (const std::size_t own = index_of(value); own < size()) {  // it moves while the sequence grows
        emplace_back();
        back() = (*this)[own];
        return;
      }
    }
    emplace_back() = value;
  }
  /// Appends an element with its defaults and returns it.
  T& emplace_back() {
    const std::size_t count = run_.size;
    if (run_.capacity() < (count + 1) * sizeof(T)) reserve_more(count + 1);
    resize(count + 1);
    return (*this)[count];
  }
  void clear() noexcept { run_.size = 0; }

  [[nodiscard]] std::size_t size() const noexcept { return run_.size; }
  [[nodiscard]] bool empty() const noexcept { return run_.size == 0; }
  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(run_.data()); }
  [[nodiscard]] const T* data() const noexcept { return reinterpret_cast<const T*>(run_.data()); }
  [[nodiscard]] std::span<T> span() noexcept { return {data(), size()}; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data(), size()}; }
  operator std::span<const T>() const noexcept {
    return span();
  }  // NOLINT(google-explicit-constructor): reads as span
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  T& operator[](std::size_t i) noexcept {
    assert(i < size());
    return data()[i];
  }
  const T& operator[](std::size_t i) const noexcept {
    assert(i < size());
    return data()[i];
  }
  T& back() noexcept { return (*this)[size() - 1]; }
  const T& back() const noexcept { return (*this)[size() - 1]; }

  friend bool operator==(const Sequence& a, const Sequence& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  /// size() when it is none of ours.
  [[nodiscard]] std::size_t index_of(const T& value) const noexcept {
    const std::less_equal<const T*> not_behind;
    const bool own = not_behind(data(), &value) && !not_behind(end(), &value);
    return own ? static_cast<std::size_t>(&value - data()) : size();
  }
  template <typename Range>
  void assign_range(const Range& values) {
    const std::size_t count = std::size(values);
    if constexpr (PlainElement<T>) {
      resize(count, for_overwrite);
      if (count > 0) std::memmove(static_cast<void*>(data()), std::data(values), count * sizeof(T));
    } else {
      clear();
      resize(count);
      std::size_t i = 0;
      for (const auto& value : values) (*this)[i++] = value;
    }
  }
  void reserve_more(std::size_t count) {
    std::size_t wanted = std::max<std::size_t>(count * 2, 4);
    if (Bound != 0) wanted = std::min<std::size_t>(wanted, std::max<std::size_t>(Bound, count));
    if (!try_reserve(wanted)) reserve(count);
  }
  void construct(std::size_t from, std::size_t to) {
    if constexpr (std::is_arithmetic_v<T>) {
      if (to > from) std::memset(data() + from, 0, (to - from) * sizeof(T));
    } else if constexpr (PlainElement<T>) {
      for (std::size_t i = from; i < to; ++i) new (static_cast<void*>(data() + i)) T();
    } else {
      for (std::size_t i = from; i < to; ++i) new (static_cast<void*>(data() + i)) T(Tail{run_.block()});
    }
  }
  void move_to(std::byte* fresh) noexcept {
    std::byte* old = run_.data();
    const std::size_t bytes = run_.size * sizeof(T);
    const std::size_t capacity = run_.capacity();
    if (bytes > 0) {
      std::memcpy(fresh, old, bytes);
      if constexpr (!PlainElement<T>) shift(fresh, old - fresh);
    }
    run_.point_at(fresh);
    if (capacity > 0) detail::abandon_run(old, capacity);
  }
  void shift(std::byte* objects, std::ptrdiff_t delta) noexcept {
    if constexpr (requires { TypeOf<T>::info(); }) {
      detail::shift_offsets(TypeOf<T>::info(), objects, run_.size, delta);
    } else {  // strings
      auto* runs = reinterpret_cast<std::int32_t*>(objects);
      for (std::size_t i = 0; i < run_.size; ++i) runs[2 * i] += static_cast<std::int32_t>(delta);
    }
  }

  detail::Run run_;
};
static_assert(sizeof(Sequence<double>) == 8);

}  // namespace tactus
