// SPDX-License-Identifier: Apache-2.0
// XCDR1 little-endian, as ROS 2 writes it. Alignment counts from behind the 4-byte encapsulation header.
#include <bit>
#include <cstring>

#include "tactus/msg/codec.hpp"

namespace tactus {
namespace {

static_assert(std::endian::native == std::endian::little,
              "blocks are copied into little-endian CDR as they are");

using detail::element_bytes;
using detail::elements_of;
using detail::scalar_bytes;

/// Alignment of the first scalar of a packed type.
std::size_t packed_alignment(const TypeInfo& type) noexcept { return type.alignment; }

constexpr std::size_t padding(std::size_t position, std::size_t alignment) noexcept {
  return (alignment - position % alignment) % alignment;
}

/// Counts, or writes where it has memory. The room is checked too: shared memory may change between size and
/// write.
class Writer {
 public:
  Writer(std::byte* out, std::size_t room) noexcept : out_{out}, room_{room} {}

  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] bool ok() const noexcept { return ok_; }

  void object(const TypeInfo& type, const std::byte* object) noexcept {
    if (type.packed) return bytes(object, type.size, packed_alignment(type));
    for (const Field& field : type.fields) this->field(field, object);
  }

 private:
  void field(const Field& field, const std::byte* object) noexcept {
    const auto elements = elements_of(field, object);
    if (field.shape == FieldShape::kSequence) {
      const auto count = static_cast<std::uint32_t>(elements.count);
      bytes(reinterpret_cast<const std::byte*>(&count), sizeof count, sizeof count);
    }
    if (elements.count == 0) return;  // an empty sequence does not align to its element
    if (field.kind == FieldKind::kString) return strings(field, elements);
    if (field.kind != FieldKind::kMessage) {
      const std::size_t size = scalar_bytes(field.kind);
      return bytes(elements.data, elements.count * size, size);
    }
    if (field.type->packed && field.type->size % packed_alignment(*field.type) == 0) {
      return bytes(elements.data, elements.count * field.type->size, packed_alignment(*field.type));
    }
    for (std::size_t i = 0; i < elements.count && ok_; ++i)
      this->object(*field.type, elements.data + i * field.type->size);
  }

  void strings(const Field& field, detail::Elements elements) noexcept {
    for (std::size_t i = 0; i < elements.count && ok_; ++i) {
      const std::string_view text = detail::text_of(field, elements.data + i * element_bytes(field));
      const auto size = static_cast<std::uint32_t>(text.size() + 1);
      bytes(reinterpret_cast<const std::byte*>(&size), sizeof size, sizeof size);
      bytes(reinterpret_cast<const std::byte*>(text.data()), text.size(), 1);
      static constexpr std::byte kEnd{0};
      bytes(&kEnd, 1, 1);
    }
  }

  void bytes(const std::byte* from, std::size_t size, std::size_t alignment) noexcept {
    const std::size_t pad = padding(position_, alignment);
    if (out_ != nullptr) {
      ok_ = ok_ && pad + size <= room_ - position_;
      if (!ok_) return;
      if (pad > 0) std::memset(out_ + position_, 0, pad);
      if (size > 0) std::memcpy(out_ + position_ + pad, from, size);
    }
    position_ += pad + size;
  }

  std::byte* out_;
  std::size_t room_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

/// Least bytes of an element in CDR: bounds how many a length may claim.
std::size_t least_bytes(const TypeInfo& type) noexcept {
  if (type.packed) return type.size;
  std::size_t bytes = 0;
  for (const Field& field : type.fields) {
    if (field.shape == FieldShape::kSequence) {
      bytes += sizeof(std::uint32_t);
      continue;
    }
    const std::size_t count = field.shape == FieldShape::kArray ? field.bound : 1;
    if (field.kind == FieldKind::kMessage)
      bytes += count * least_bytes(*field.type);
    else if (field.kind == FieldKind::kString)
      bytes += count * sizeof(std::uint32_t);
    else
      bytes += count * scalar_bytes(field.kind);
  }
  return bytes;
}

/// Walks a CDR stream. With `block` it fills the message, without it only counts the tail.
class Reader {
 public:
  Reader(std::span<const std::byte> cdr, BlockHeader* block) noexcept : cdr_{cdr}, block_{block} {}

  [[nodiscard]] std::size_t tail() const noexcept { return tail_; }

  bool object(const TypeInfo& type, std::byte* object) noexcept {
    if (type.packed) return bytes(object, type.size, packed_alignment(type));
    for (const Field& field : type.fields) {
      if (!this->field(field, object)) return false;
    }
    return true;
  }

 private:
  bool field(const Field& field, std::byte* object) noexcept {
    std::uint32_t count = field.shape == FieldShape::kArray ? field.bound : 1;
    if (field.shape == FieldShape::kSequence && !length(field, count)) return false;
    std::byte* at = nullptr;
    if (block_ != nullptr) {
      at = detail::resize_elements(field, object, count, *block_);
      if (at == nullptr) return false;
    }
    if (count == 0) return true;
    if (field.kind == FieldKind::kString) return strings(field, at, count);
    if (field.kind == FieldKind::kMessage) return objects(field, at, count);
    const std::size_t size = scalar_bytes(field.kind);
    const std::size_t start = position_ + padding(position_, size);
    if (!bytes(at, std::size_t{count} * size, size)) return false;
    return field.kind != FieldKind::kBool || bools(start, count);
  }

  bool objects(const Field& field, std::byte* at, std::size_t count) noexcept {
    if (field.type->packed) return bytes(at, count * field.type->size, packed_alignment(*field.type));
    for (std::size_t i = 0; i < count; ++i) {
      if (!object(*field.type, at == nullptr ? nullptr : at + i * field.type->size)) return false;
    }
    return true;
  }

  bool bools(std::size_t start, std::size_t count) const noexcept {
    for (std::size_t i = start; i < start + count; ++i) {
      if (cdr_[i] > std::byte{1}) return false;
    }
    return true;
  }

  bool length(const Field& field, std::uint32_t& count) noexcept {
    if (!number(count)) return false;
    if (field.bound != 0 && count > field.bound) return false;
    const std::size_t least = field.kind == FieldKind::kMessage  ? least_bytes(*field.type)
                              : field.kind == FieldKind::kString ? sizeof(std::uint32_t)
                                                                 : scalar_bytes(field.kind);
    if (least == 0 || count > (cdr_.size() - position_) / least) return false;
    if (field.in_tail && count > 0) tail_ += run(count * element_bytes(field));
    return true;
  }

  bool strings(const Field& field, std::byte* at, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (!string(field, at == nullptr ? nullptr : at + i * element_bytes(field))) return false;
    }
    return true;
  }

  bool string(const Field& field, std::byte* element) noexcept {
    std::uint32_t size;
    if (!number(size) || size > cdr_.size() - position_) return false;
    if (size > 0 && cdr_[position_ + size - 1] != std::byte{0}) return false;
    const std::string_view text{reinterpret_cast<const char*>(cdr_.data() + position_),
                                size > 0 ? size - 1 : 0};
    position_ += size;
    if (field.string_bound != 0 && text.size() > field.string_bound) return false;
    if (!text.empty() && !detail::inline_string(field)) tail_ += run(text.size() + 1);
    return element == nullptr || detail::assign_text(field, element, text, *block_);
  }

  static std::size_t run(std::size_t bytes) noexcept { return detail::align8(bytes) + sizeof(RunPrefix); }

  bool number(std::uint32_t& value) noexcept {
    return bytes(reinterpret_cast<std::byte*>(&value), sizeof value, sizeof value);
  }

  bool bytes(std::byte* to, std::size_t size, std::size_t alignment) noexcept {
    const std::size_t pad = padding(position_, alignment);
    const std::size_t left = cdr_.size() - position_;
    if (pad > left || size > left - pad) return false;
    if (to != nullptr && size > 0) std::memcpy(to, cdr_.data() + position_ + pad, size);
    position_ += pad + size;
    return true;
  }

  std::span<const std::byte> cdr_;
  BlockHeader* block_;
  std::size_t position_ = 0;
  std::size_t tail_ = 0;
};

bool little_endian_cdr(std::span<const std::byte> cdr) noexcept {
  return cdr.size() >= kCdrHeaderBytes && cdr[0] == std::byte{0} && cdr[1] == std::byte{1};
}

}  // namespace

std::size_t cdr_size(const TypeInfo& type, const void* root) noexcept {
  Writer counter{nullptr, 0};
  counter.object(type, static_cast<const std::byte*>(root));
  return kCdrHeaderBytes + counter.position();
}

std::size_t write_cdr(const TypeInfo& type, const void* root, std::span<std::byte> out) noexcept {
  if (out.size() < kCdrHeaderBytes) return 0;
  constexpr std::byte kHeader[kCdrHeaderBytes]{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}};
  std::memcpy(out.data(), kHeader, sizeof kHeader);
  Writer writer{out.data() + kCdrHeaderBytes, out.size() - kCdrHeaderBytes};
  writer.object(type, static_cast<const std::byte*>(root));
  return writer.ok() ? kCdrHeaderBytes + writer.position() : 0;
}

std::optional<std::size_t> measure_block(const TypeInfo& type, std::span<const std::byte> cdr) noexcept {
  if (!little_endian_cdr(cdr)) return std::nullopt;
  Reader reader{cdr.subspan(kCdrHeaderBytes), nullptr};
  if (!reader.object(type, nullptr)) return std::nullopt;
  return kBlockHeaderBytes + detail::align8(type.size) + reader.tail();
}

bool read_cdr(const TypeInfo& type, std::span<const std::byte> cdr, std::byte* block,
              std::size_t size) noexcept {
  if (!little_endian_cdr(cdr)) return false;
  // A type's own constructor would spend tail on defaults that are overwritten at once.
  std::byte* root = detail::construct_empty_block(type, block, size);
  return root != nullptr &&
         Reader{cdr.subspan(kCdrHeaderBytes), reinterpret_cast<BlockHeader*>(block)}.object(type, root);
}

}  // namespace tactus
