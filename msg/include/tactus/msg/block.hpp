// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "tactus/msg/type.hpp"

/// The message block: `[BlockHeader 16 B][root struct][tail]`, contiguous and position-independent.
/// Strings and sequences are 8 bytes `{int32 self-relative offset, uint32 size}` that point at a run in the
/// tail. Each run is 8-aligned and has an 8-byte prefix, so that every field finds its block without a
/// handle.
namespace tactus {

/// Before each run: how to find the block, and how many bytes the run holds.
struct RunPrefix {
  std::int32_t to_block;   ///< bytes from the run's first byte to the block header (negative or zero)
  std::uint32_t capacity;  ///< bytes
};

/// First 16 bytes of a block. The empty run that empty fields point at begins it: its prefix is the first
/// eight bytes; its (never used) first byte is `total`, at kEmptyRun.
struct BlockHeader {
  RunPrefix empty;      ///< {-8, 0}
  std::uint32_t total;  ///< bytes of the whole block
  std::uint32_t used;   ///< bytes taken so far, header and root included; multiple of 8
};
inline constexpr std::size_t kBlockHeaderBytes = sizeof(BlockHeader);
inline constexpr std::size_t kMaxBlockBytes = std::size_t{1} << 31;
static_assert(kBlockHeaderBytes == 16);

/// A field needed more room than the block had left. Numbers only: throwing it takes no text from the heap.
class TailExhausted final : public std::exception {
 public:
  TailExhausted(std::size_t wanted, std::size_t left) noexcept : wanted_{wanted}, left_{left} {}
  [[nodiscard]] std::size_t wanted() const noexcept { return wanted_; }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  [[nodiscard]] const char* what() const noexcept override;

 private:
  std::size_t wanted_;
  std::size_t left_;
};

struct ForOverwrite {};
/// `resize(n, for_overwrite)`: the new elements are not zeroed.
inline constexpr ForOverwrite for_overwrite{};

/// Pass key of block-bound types: only a block can make one.
class Tail {
 public:
  explicit Tail(BlockHeader& block) noexcept : block_{&block} {}
  [[nodiscard]] BlockHeader& block() const noexcept { return *block_; }

 private:
  BlockHeader* block_;
};

namespace detail {

[[noreturn]] void throw_tail_exhausted(std::size_t wanted, std::size_t left);

inline constexpr std::size_t align8(std::size_t bytes) noexcept { return (bytes + 7) & ~std::size_t{7}; }

/// A string's or a sequence's eight bytes.
struct Run {
  std::int32_t offset;  ///< from this struct to the run's first byte
  std::uint32_t size;   ///< elements

  /// Points at the block's empty run.
  explicit Run(Tail tail) noexcept : size{0} {
    point_at(reinterpret_cast<const std::byte*>(&tail.block()) + sizeof(RunPrefix));
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void point_at(const std::byte* run) noexcept {
    offset = static_cast<std::int32_t>(reinterpret_cast<std::intptr_t>(run) -
                                       reinterpret_cast<std::intptr_t>(this));
  }
  [[nodiscard]] std::byte* data() noexcept {
    return reinterpret_cast<std::byte*>(reinterpret_cast<std::intptr_t>(this) + offset);
  }
  [[nodiscard]] const std::byte* data() const noexcept {
    return reinterpret_cast<const std::byte*>(reinterpret_cast<std::intptr_t>(this) + offset);
  }
  [[nodiscard]] const RunPrefix& prefix() const noexcept {
    return *reinterpret_cast<const RunPrefix*>(data() - sizeof(RunPrefix));
  }
  [[nodiscard]] BlockHeader& block() noexcept {
    return *reinterpret_cast<BlockHeader*>(data() + prefix().to_block);
  }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return prefix().capacity; }
};
static_assert(sizeof(Run) == 8);

/// Takes a run of `bytes` from the tail; nullptr when it does not fit.
std::byte* take_run(BlockHeader& block, std::size_t bytes) noexcept;
/// Enlarges the run where it lies when it is the tail's last one.
bool extend_run(BlockHeader& block, std::byte* run, std::size_t bytes) noexcept;
/// Marks a run that growth left behind: using it is reported by the address sanitizer.
void abandon_run(std::byte* run, std::size_t bytes) noexcept;
/// Bytes that a new run could still hold.
std::size_t left(const BlockHeader& block) noexcept;
/// Adds `delta` to the offsets of `count` objects that were moved by -delta bytes.
void shift_offsets(const TypeInfo& type, std::byte* objects, std::size_t count,
                   std::ptrdiff_t delta) noexcept;

}  // namespace detail

/// Prepares `memory` (8-aligned, at least header + root) as an empty block of `size` bytes.
/// Returns nullptr when it is too small for the root or larger than kMaxBlockBytes.
BlockHeader* begin_block(std::byte* memory, std::size_t size, std::size_t root_bytes) noexcept;

[[nodiscard]] inline std::byte* block_root_bytes(std::byte* block) noexcept {
  return block + kBlockHeaderBytes;
}
[[nodiscard]] inline const std::byte* block_root_bytes(const std::byte* block) noexcept {
  return block + kBlockHeaderBytes;
}
template <typename T>
[[nodiscard]] const T& block_root(const std::byte* block) noexcept {
  return *reinterpret_cast<const T*>(block_root_bytes(block));
}
[[nodiscard]] inline std::size_t block_used(const std::byte* block) noexcept {
  return reinterpret_cast<const BlockHeader*>(block)->used;
}

/// Constructs T with its defaults at the start of the block's memory. Header and root are zeroed, the tail is
/// not. nullptr when the memory is too small; throws TailExhausted when defaults of strings do not fit.
template <typename T>
T* construct_block(std::byte* memory, std::size_t size) {
  BlockHeader* block = begin_block(memory, size, sizeof(T));
  if (block == nullptr) return nullptr;
  if constexpr (std::is_constructible_v<T, Tail>) {
    return new (block_root_bytes(memory)) T(Tail{*block});
  } else {
    return new (block_root_bytes(memory)) T();
  }
}

template <typename T>
class Message;

}  // namespace tactus
