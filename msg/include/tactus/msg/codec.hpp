// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tactus/msg/block.hpp"
#include "tactus/msg/type.hpp"

/// One table-driven library for every type: sizes, checks, CDR. Any thread; nothing here blocks or, but for
/// BlockCheck, allocates.
namespace tactus {

/// The CDR encapsulation header (XCDR1, little-endian) in front of each encoded message.
inline constexpr std::size_t kCdrHeaderBytes = 4;

/// Constructs a message of a type known only at run time. nullptr when the memory is too small.
std::byte* construct_block(const TypeInfo& type, std::byte* memory, std::size_t size);

/// Checks blocks of one type that other processes wrote: every run inside `size` bytes, aligned, terminated,
/// bools 0 or 1, bounds kept, and all runs together no larger than the block. Check a block once, before the
/// first access. The type outlives it.
class BlockCheck {
 public:
  /// Finds what can be wrong at all.
  explicit BlockCheck(const TypeInfo& type);
  [[nodiscard]] bool operator()(const std::byte* block, std::size_t size) const noexcept;

 private:
  struct Suspect {
    const Field* field;
    std::uint32_t object;  ///< offset in the root of the struct that it is a field of
  };
  void add(const TypeInfo& type, std::uint32_t object);

  std::size_t least_;  ///< bytes of a block
  std::vector<Suspect> suspects_;
};

/// Tail bytes that a deep copy of `root` takes.
[[nodiscard]] std::size_t tail_for(const TypeInfo& type, const void* root) noexcept;

/// Bytes of a whole block for a publisher that declares nothing. Exact for types without a tail. Otherwise a
/// guess: 256 B for each string, `sequence_bytes` for each unbounded sequence; `exact` says which.
[[nodiscard]] std::size_t default_max_bytes(const TypeInfo& type, bool& exact,
                                            std::size_t sequence_bytes = std::size_t{1} << 20) noexcept;

/// Equal field by field (floating point by ==).
[[nodiscard]] bool equal(const TypeInfo& type, const void* a, const void* b) noexcept;

/// Bytes of the message in CDR, header included.
[[nodiscard]] std::size_t cdr_size(const TypeInfo& type, const void* root) noexcept;

/// Encodes; returns the bytes written, 0 when `out` is too small.
std::size_t write_cdr(const TypeInfo& type, const void* root, std::span<std::byte> out) noexcept;

/// Bytes of the block that `read_cdr` needs; empty when the CDR is malformed. Trailing padding is accepted.
[[nodiscard]] std::optional<std::size_t> measure_block(const TypeInfo& type,
                                                       std::span<const std::byte> cdr) noexcept;

/// Decodes into `block`; false when the CDR is malformed or the block too small: the block's content is
/// undefined then.
[[nodiscard]] bool read_cdr(const TypeInfo& type, std::span<const std::byte> cdr, std::byte* block,
                            std::size_t size) noexcept;

template <typename T>
[[nodiscard]] std::size_t cdr_size(const T& message) noexcept {
  return cdr_size(type_info<T>(), &message);
}
template <typename T>
std::size_t write_cdr(const T& message, std::span<std::byte> out) noexcept {
  return write_cdr(type_info<T>(), &message, out);
}

namespace detail {

/// Bytes of one element of the field in memory.
[[nodiscard]] std::size_t element_bytes(const Field& field) noexcept;
[[nodiscard]] inline bool inline_string(const Field& field) noexcept {
  return field.kind == FieldKind::kString && field.string_bound != 0 && field.string_bound <= kInlineBytes;
}
/// Where a field's elements lie and how many there are. Sizes must have been checked.
struct Elements {
  const std::byte* data;
  std::size_t count;
};
[[nodiscard]] Elements elements_of(const Field& field, const std::byte* object) noexcept;
/// The text of a string element.
[[nodiscard]] std::string_view text_of(const Field& field, const std::byte* element) noexcept;
[[nodiscard]] std::size_t scalar_bytes(FieldKind kind) noexcept;

/// As construct_block, but all fields zero or empty, whatever the type's defaults.
std::byte* construct_empty_block(const TypeInfo& type, std::byte* memory, std::size_t size) noexcept;

/// Sets a sequence's size in a block that is being written; nullptr when bound or tail do not suffice.
std::byte* resize_elements(const Field& field, std::byte* object, std::size_t count,
                           BlockHeader& block) noexcept;
bool assign_text(const Field& field, std::byte* element, std::string_view text, BlockHeader& block) noexcept;

}  // namespace detail
}  // namespace tactus
