// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/block.hpp"

#include "tactus/msg/codec.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace tactus {

const char* TailExhausted::what() const noexcept {
  return "the message needs more room than its block has: raise max_bytes of this output";
}

BlockHeader* begin_block(std::byte* memory, std::size_t size, std::size_t root_bytes) noexcept {
  const std::size_t used = kBlockHeaderBytes + detail::align8(root_bytes);
  if (memory == nullptr || size < used || size > kMaxBlockBytes) return nullptr;
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(memory, size);
#endif
  std::memset(memory, 0, used);
  return new (memory) BlockHeader{{-static_cast<std::int32_t>(sizeof(RunPrefix)), 0},
                                  static_cast<std::uint32_t>(size),
                                  static_cast<std::uint32_t>(used)};
}

namespace detail {

void throw_tail_exhausted(std::size_t wanted, std::size_t left) { throw TailExhausted{wanted, left}; }

std::size_t left(const BlockHeader& block) noexcept {
  const std::size_t free = block.total - block.used;
  return free < sizeof(RunPrefix) ? 0 : (free - sizeof(RunPrefix)) & ~std::size_t{7};
}

std::byte* take_run(BlockHeader& block, std::size_t bytes) noexcept {
  const std::size_t room = align8(bytes);
  if (bytes > kMaxBlockBytes || room > left(block)) return nullptr;
  auto* base = reinterpret_cast<std::byte*>(&block);
  std::byte* run = base + block.used + sizeof(RunPrefix);
  new (run - sizeof(RunPrefix))
      RunPrefix{static_cast<std::int32_t>(base - run), static_cast<std::uint32_t>(room)};
  block.used += static_cast<std::uint32_t>(room + sizeof(RunPrefix));
  return run;
}

bool extend_run(BlockHeader& block, std::byte* run, std::size_t bytes) noexcept {
  auto* base = reinterpret_cast<std::byte*>(&block);
  auto& prefix = *reinterpret_cast<RunPrefix*>(run - sizeof(RunPrefix));
  if (run + prefix.capacity != base + block.used) return false;
  const std::size_t room = align8(bytes);
  if (room - prefix.capacity > static_cast<std::size_t>(block.total - block.used)) return false;
  block.used += static_cast<std::uint32_t>(room - prefix.capacity);
  prefix.capacity = static_cast<std::uint32_t>(room);
  return true;
}

void abandon_run([[maybe_unused]] std::byte* run, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_POISON_MEMORY_REGION(run, bytes);
#endif
}

namespace {

void shift(std::byte* run, std::ptrdiff_t delta) noexcept {
  std::int32_t offset;
  std::memcpy(&offset, run, sizeof offset);
  offset += static_cast<std::int32_t>(delta);
  std::memcpy(run, &offset, sizeof offset);
}

void shift_field(const Field& field, std::byte* object, std::ptrdiff_t delta) noexcept {
  std::byte* at = object + field.offset;
  if (field.shape == FieldShape::kSequence) {
    if (field.in_tail) shift(at, delta);
    return;  // what lies in the run did not move; inline sequences are plain
  }
  const std::size_t count = field.shape == FieldShape::kArray ? field.bound : 1;
  if (field.kind == FieldKind::kMessage) {
    if (!field.type->plain) shift_offsets(*field.type, at, count, delta);
  } else if (field.kind == FieldKind::kString && !inline_string(field)) {
    for (std::size_t i = 0; i < count; ++i) shift(at + i * sizeof(Run), delta);
  }
}

}  // namespace

void shift_offsets(const TypeInfo& type, std::byte* objects, std::size_t count,
                   std::ptrdiff_t delta) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    for (const Field& field : type.fields) shift_field(field, objects + i * type.size, delta);
  }
}

}  // namespace detail
}  // namespace tactus
