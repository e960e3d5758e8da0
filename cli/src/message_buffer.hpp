// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "tactus/msg/type.hpp"

namespace rtctl {

/// A message of a type known at run time, constructed with its defaults on the heap. Throws Failure when
/// `bytes` is too small for the type.
class MessageBuffer {
 public:
  MessageBuffer(const tactus::TypeInfo& type, std::size_t bytes);
  [[nodiscard]] std::byte* block() noexcept { return reinterpret_cast<std::byte*>(words_.data()); }
  [[nodiscard]] std::size_t size() const noexcept { return words_.size() * sizeof(words_[0]); }
  [[nodiscard]] const std::byte* root() noexcept;

 private:
  std::vector<std::uint64_t> words_;  // 8-aligned
};

}  // namespace rtctl
