// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// Description of a message type: what a tool needs to read a message it was never compiled with.
namespace tactus {

/// Version of the in-memory layout (block header, string and sequence representation). Part of the
/// type id: processes built with different layouts never connect.
inline constexpr std::uint32_t kLayoutVersion = 1;

enum class FieldKind : std::uint8_t {
  kBool,
  kByte,
  kChar,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat32,
  kFloat64,
  kString,
  kMessage,
};

enum class FieldShape : std::uint8_t { kSingle, kArray, kSequence };

struct TypeInfo;
struct BlockHeader;

/// Bounded strings up to this many bytes, and bounded sequences of plain elements up to this many bytes, lie
/// inline.
inline constexpr std::uint32_t kInlineBytes = 256;

/// One field of a message. Plain data, constexpr in generated code, built at run time by tools.
struct Field {
  const char* name;
  FieldKind kind;
  FieldShape shape;
  bool in_tail;                ///< the sequence, or the single string, lies in the block's tail (not inline)
  std::uint32_t bound;         ///< kArray: length; kSequence: upper bound, 0 = unbounded
  std::uint32_t string_bound;  ///< kString: upper bound in bytes, 0 = unbounded
  std::uint32_t offset;        ///< bytes from the start of the struct
  const TypeInfo* type;        ///< kMessage: the element's type, otherwise nullptr
};

/// One message type. `fields` are in the order of the definition.
struct TypeInfo {
  const char* name;         ///< "sensor_msgs/msg/Imu"
  std::uint32_t size;       ///< sizeof the struct
  std::uint32_t alignment;  ///< alignof the struct
  bool plain;               ///< no tail anywhere: trivially copyable
  std::span<const Field> fields;
  std::string_view schema;            ///< ros2msg text with all dependencies
  std::array<std::uint8_t, 32> hash;  ///< RIHS01 digest
  /// Fields lie in CDR exactly as in memory, whatever the position: copied in one piece. Never with bool
  /// inside.
  bool packed;
  /// Constructs the struct with its defaults in a block; nullptr for types known only at run time (all zero
  /// then).
  void (*construct)(std::byte* root, BlockHeader& block);
};

/// 128-bit identity of a type on this host: H(RIHS01, layout version). Equal ids may connect.
struct TypeId {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const TypeId&, const TypeId&) = default;
};

/// Specialised by generated code: `static constexpr const TypeInfo& TypeOf<T>::info`.
template <typename T>
struct TypeOf;

template <typename T>
[[nodiscard]] const TypeInfo& type_info() {
  return TypeOf<T>::info();
}

}  // namespace tactus
