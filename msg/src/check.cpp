// SPDX-License-Identifier: Apache-2.0
// Everything that walks a message without writing: check, sizes, comparison.
#include <cstring>

#include "tactus/msg/codec.hpp"

namespace tactus {
namespace {

using detail::element_bytes;
using detail::elements_of;
using detail::inline_string;

/// Walks a foreign block. Nothing is read before it is known to lie inside.
class Checker {
 public:
  Checker(const std::byte* block, std::size_t size) noexcept
      : begin_{reinterpret_cast<std::uintptr_t>(block)}, size_{size}, left_{size} {}

  bool object(const TypeInfo& type, const std::byte* object) noexcept {
    for (const Field& field : type.fields) {
      if (!this->field(field, object)) return false;
    }
    return true;
  }

  bool field(const Field& field, const std::byte* object) noexcept {
    const std::byte* at = object + field.offset;
    if (field.shape != FieldShape::kSequence) {
      return elements(field, at, field.shape == FieldShape::kArray ? field.bound : 1);
    }
    if (!field.in_tail) {
      std::uint32_t count;
      std::memcpy(&count, at, sizeof count);
      return count <= field.bound && elements(field, elements_of(field, object).data, count);
    }
    std::int32_t offset;
    std::uint32_t count;
    read_run(at, offset, count);
    if (field.bound != 0 && count > field.bound) return false;
    if (count == 0) return true;
    return run(at, offset, std::uint64_t{count} * element_bytes(field)) &&
           elements(field, at + offset, count);
  }

 private:
  bool elements(const Field& field, const std::byte* at, std::size_t count) noexcept {
    if (field.kind == FieldKind::kBool) return bools(at, count);
    if (field.kind == FieldKind::kString) return strings(field, at, count);
    if (field.kind != FieldKind::kMessage || field.type->packed) return true;
    for (std::size_t i = 0; i < count; ++i) {
      if (!object(*field.type, at + i * field.type->size)) return false;
    }
    return true;
  }

  static bool bools(const std::byte* at, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (at[i] > std::byte{1}) return false;
    }
    return true;
  }

  bool strings(const Field& field, const std::byte* at, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (!string(field, at + i * element_bytes(field))) return false;
    }
    return true;
  }

  bool string(const Field& field, const std::byte* at) noexcept {
    std::int32_t offset;
    std::uint32_t size;
    if (inline_string(field)) {
      std::memcpy(&size, at, sizeof size);
      return size <= field.string_bound && at[sizeof size + size] == std::byte{0};
    }
    read_run(at, offset, size);
    if (size == 0) return true;
    if (field.string_bound != 0 && size > field.string_bound) return false;
    return run(at, offset, std::uint64_t{size} + 1) && at[std::int64_t{offset} + size] == std::byte{0};
  }

  static void read_run(const std::byte* at, std::int32_t& offset, std::uint32_t& size) noexcept {
    std::memcpy(&offset, at, sizeof offset);
    std::memcpy(&size, at + sizeof offset, sizeof size);
  }

  /// The run lies in the block, is aligned, and all runs so far are together no larger than the block.
  bool run(const std::byte* at, std::int32_t offset, std::uint64_t bytes) noexcept {
    const std::int64_t start =
        static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(at) - begin_) + offset;
    if (start < static_cast<std::int64_t>(kBlockHeaderBytes) || start % 8 != 0) return false;
    if (bytes > size_ || static_cast<std::uint64_t>(start) > size_ - bytes) return false;
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

  std::uintptr_t begin_;
  std::size_t size_;
  std::size_t left_;
};

bool is_aligned(const std::byte* block) noexcept {
  return block != nullptr && reinterpret_cast<std::uintptr_t>(block) % 8 == 0;
}

std::size_t run_bytes(std::size_t bytes) noexcept {
  return bytes == 0 ? 0 : detail::align8(bytes) + sizeof(RunPrefix);
}

bool equal_elements(const Field& field, detail::Elements a, detail::Elements b) noexcept;

template <typename T>
bool equal_floats(detail::Elements a, detail::Elements b) noexcept {
  for (std::size_t i = 0; i < a.count; ++i) {
    T x, y;
    std::memcpy(&x, a.data + i * sizeof(T), sizeof(T));
    std::memcpy(&y, b.data + i * sizeof(T), sizeof(T));
    if (!(x == y)) return false;
  }
  return true;
}

bool equal_elements(const Field& field, detail::Elements a, detail::Elements b) noexcept {
  if (a.count != b.count) return false;
  if (field.kind == FieldKind::kFloat32) return equal_floats<float>(a, b);
  if (field.kind == FieldKind::kFloat64) return equal_floats<double>(a, b);
  const std::size_t bytes = element_bytes(field);
  if (field.kind != FieldKind::kMessage && field.kind != FieldKind::kString) {
    return a.count == 0 || std::memcmp(a.data, b.data, a.count * bytes) == 0;
  }
  for (std::size_t i = 0; i < a.count; ++i) {
    const std::byte* x = a.data + i * bytes;
    const std::byte* y = b.data + i * bytes;
    if (field.kind == FieldKind::kString ? detail::text_of(field, x) != detail::text_of(field, y)
                                         : !equal(*field.type, x, y)) {
      return false;
    }
  }
  return true;
}

void add_default(const TypeInfo& type, std::size_t sequence_bytes, std::size_t& bytes, bool& exact) noexcept {
  constexpr std::size_t kGuessedString = 256;
  for (const Field& field : type.fields) {
    const std::size_t count = field.shape == FieldShape::kSingle ? 1 : field.bound;
    if (field.shape == FieldShape::kSequence && field.in_tail) {
      if (field.bound == 0) {
        exact = false;
        bytes += run_bytes(sequence_bytes);
        continue;
      }
      bytes += run_bytes(field.bound * element_bytes(field));
    }
    if (field.kind == FieldKind::kString && !inline_string(field)) {
      exact = exact && field.string_bound != 0;
      bytes += count * run_bytes(field.string_bound != 0 ? field.string_bound + 1 : kGuessedString);
    } else if (field.kind == FieldKind::kMessage && !field.type->plain) {
      std::size_t each = 0;
      add_default(*field.type, sequence_bytes, each, exact);
      bytes += count * each;
    }
  }
}

}  // namespace

BlockCheck::BlockCheck(const TypeInfo& type) : least_{kBlockHeaderBytes + type.size} { add(type, 0); }

void BlockCheck::add(const TypeInfo& type, std::uint32_t object) {
  for (const Field& field : type.fields) {
    const bool nested = field.kind == FieldKind::kMessage;
    if (nested && field.shape == FieldShape::kSingle) {
      add(*field.type, object + field.offset);
    } else if (field.shape == FieldShape::kSequence || field.kind == FieldKind::kBool ||
               field.kind == FieldKind::kString || (nested && !field.type->packed)) {
      suspects_.push_back({&field, object});
    }
  }
}

bool BlockCheck::operator()(const std::byte* block, std::size_t size) const noexcept {
  if (!is_aligned(block) || size < least_) return false;
  Checker checker{block, size};
  for (const Suspect& suspect : suspects_) {
    if (!checker.field(*suspect.field, block_root_bytes(block) + suspect.object)) return false;
  }
  return true;
}

std::size_t tail_for(const TypeInfo& type, const void* root) noexcept {
  if (type.plain) return 0;
  const auto* object = static_cast<const std::byte*>(root);
  std::size_t bytes = 0;
  for (const Field& field : type.fields) {
    const auto elements = elements_of(field, object);
    if (field.shape == FieldShape::kSequence && field.in_tail)
      bytes += run_bytes(elements.count * element_bytes(field));
    for (std::size_t i = 0; i < elements.count; ++i) {
      const std::byte* element = elements.data + i * element_bytes(field);
      if (field.kind == FieldKind::kString && !inline_string(field)) {
        const auto size = detail::text_of(field, element).size();
        bytes += size == 0 ? 0 : run_bytes(size + 1);
      } else if (field.kind == FieldKind::kMessage && !field.type->plain) {
        bytes += tail_for(*field.type, element);
      } else {
        break;
      }
    }
  }
  return bytes;
}

std::size_t default_max_bytes(const TypeInfo& type, bool& exact, std::size_t sequence_bytes) noexcept {
  exact = true;
  std::size_t bytes = kBlockHeaderBytes + detail::align8(type.size);
  add_default(type, sequence_bytes, bytes, exact);
  return bytes;
}

bool equal(const TypeInfo& type, const void* a, const void* b) noexcept {
  for (const Field& field : type.fields) {
    if (!equal_elements(field, elements_of(field, static_cast<const std::byte*>(a)),
                        elements_of(field, static_cast<const std::byte*>(b)))) {
      return false;
    }
  }
  return true;
}

}  // namespace tactus
