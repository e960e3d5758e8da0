// SPDX-License-Identifier: Apache-2.0
// Where the elements of a field lie, and how they are made, for types known by their table.
#include <cstring>

#include "tactus/msg/codec.hpp"

namespace tactus {
namespace detail {
namespace {

std::uint32_t size_at(const std::byte* at) noexcept {
  std::uint32_t size;
  std::memcpy(&size, at, sizeof size);
  return size;
}

std::size_t element_alignment(const Field& field) noexcept {
  if (field.kind == FieldKind::kMessage) return field.type->alignment;
  if (field.kind == FieldKind::kString) return 4;
  return scalar_bytes(field.kind);
}

/// Inline sequences: {uint32 size; T items[]}.
std::size_t inline_items_offset(const Field& field) noexcept {
  return std::max<std::size_t>(sizeof(std::uint32_t), element_alignment(field));
}

Run& run_at(std::byte* at) noexcept { return *reinterpret_cast<Run*>(at); }
const Run& run_at(const std::byte* at) noexcept { return *reinterpret_cast<const Run*>(at); }

void construct_element(const Field& field, std::byte* element, BlockHeader& block) noexcept;

void construct_fields(const TypeInfo& type, std::byte* object, BlockHeader& block) noexcept {
  std::memset(object, 0, type.size);
  for (const Field& field : type.fields) {
    std::byte* at = object + field.offset;
    if (field.shape == FieldShape::kSequence) {
      if (field.in_tail) new (at) Run{Tail{block}};
      continue;
    }
    const std::size_t count = field.shape == FieldShape::kArray ? field.bound : 1;
    for (std::size_t i = 0; i < count; ++i) construct_element(field, at + i * element_bytes(field), block);
  }
}

void construct_element(const Field& field, std::byte* element, BlockHeader& block) noexcept {
  if (field.kind == FieldKind::kMessage) {
    construct_fields(*field.type, element, block);
  } else if (field.kind == FieldKind::kString && !inline_string(field)) {
    new (element) Run{Tail{block}};
  } else {
    std::memset(element, 0, element_bytes(field));
  }
}

/// Room for `bytes` in the run; what it held before is not kept.
bool make_room(Run& run, std::size_t bytes, BlockHeader& block) noexcept {
  if (run.capacity() >= bytes) return true;
  std::byte* fresh = take_run(block, bytes);
  if (fresh == nullptr) return false;
  run.point_at(fresh);
  return true;
}

}  // namespace

std::size_t scalar_bytes(FieldKind kind) noexcept {
  switch (kind) {
    case FieldKind::kBool:
    case FieldKind::kByte:
    case FieldKind::kChar:
    case FieldKind::kInt8:
    case FieldKind::kUint8:
      return 1;
    case FieldKind::kInt16:
    case FieldKind::kUint16:
      return 2;
    case FieldKind::kInt32:
    case FieldKind::kUint32:
    case FieldKind::kFloat32:
      return 4;
    case FieldKind::kInt64:
    case FieldKind::kUint64:
    case FieldKind::kFloat64:
      return 8;
    case FieldKind::kString:
    case FieldKind::kMessage:
      break;
  }
  return 0;
}

std::size_t element_bytes(const Field& field) noexcept {
  if (field.kind == FieldKind::kMessage) return field.type->size;
  if (field.kind != FieldKind::kString) return scalar_bytes(field.kind);
  if (!inline_string(field)) return sizeof(Run);
  return (sizeof(std::uint32_t) + field.string_bound + 1 + 3) & ~std::size_t{3};
}

Elements elements_of(const Field& field, const std::byte* object) noexcept {
  const std::byte* at = object + field.offset;
  if (field.shape == FieldShape::kSingle) return {at, 1};
  if (field.shape == FieldShape::kArray) return {at, field.bound};
  if (field.in_tail) return {run_at(at).data(), run_at(at).size};
  return {at + inline_items_offset(field), std::min(size_at(at), field.bound)};
}

std::string_view text_of(const Field& field, const std::byte* element) noexcept {
  if (inline_string(field)) {
    return {reinterpret_cast<const char*>(element + sizeof(std::uint32_t)),
            std::min(size_at(element), field.string_bound)};
  }
  const Run& run = run_at(element);
  return run.size == 0 ? std::string_view{}
                       : std::string_view{reinterpret_cast<const char*>(run.data()), run.size};
}

std::byte* resize_elements(const Field& field, std::byte* object, std::size_t count,
                           BlockHeader& block) noexcept {
  std::byte* at = object + field.offset;
  if (field.shape != FieldShape::kSequence) return at;
  if (field.bound != 0 && count > field.bound) return nullptr;
  const auto size = static_cast<std::uint32_t>(count);
  if (!field.in_tail) {
    std::memcpy(at, &size, sizeof size);
    return at + inline_items_offset(field);
  }
  Run& run = run_at(at);
  if (count > kMaxBlockBytes / element_bytes(field)) return nullptr;
  if (!make_room(run, count * element_bytes(field), block)) return nullptr;
  run.size = size;
  if (field.kind == FieldKind::kMessage || field.kind == FieldKind::kString) {
    for (std::size_t i = 0; i < count; ++i)
      construct_element(field, run.data() + i * element_bytes(field), block);
  }
  return run.data();
}

bool assign_text(const Field& field, std::byte* element, std::string_view text, BlockHeader& block) noexcept {
  if (field.string_bound != 0 && text.size() > field.string_bound) return false;
  const auto size = static_cast<std::uint32_t>(text.size());
  if (inline_string(field)) {
    std::memcpy(element, &size, sizeof size);
    std::memset(element + sizeof size, 0, field.string_bound + 1);
    if (!text.empty()) std::memcpy(element + sizeof size, text.data(), text.size());
    return true;
  }
  Run& run = run_at(element);
  run.size = 0;
  if (text.empty()) return true;
  if (!make_room(run, text.size() + 1, block)) return false;
  std::memcpy(run.data(), text.data(), text.size());
  run.data()[text.size()] = std::byte{0};
  run.size = size;
  return true;
}

}  // namespace detail

std::byte* detail::construct_empty_block(const TypeInfo& type, std::byte* memory, std::size_t size) noexcept {
  BlockHeader* block = begin_block(memory, size, type.size);
  if (block == nullptr) return nullptr;
  construct_fields(type, block_root_bytes(memory), *block);
  return block_root_bytes(memory);
}

std::byte* construct_block(const TypeInfo& type, std::byte* memory, std::size_t size) {
  if (type.construct == nullptr) return detail::construct_empty_block(type, memory, size);
  BlockHeader* block = begin_block(memory, size, type.size);
  if (block == nullptr) return nullptr;
  type.construct(block_root_bytes(memory), *block);
  return block_root_bytes(memory);
}

}  // namespace tactus
