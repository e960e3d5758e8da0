// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "tactus/msg/type.hpp"

namespace tactus {

/// The type's table with all nested types, schema and hash, as JSON: what the broker serves to tools.
[[nodiscard]] std::string serialize_type(const TypeInfo& type);

/// A type that this program was never compiled with. Owns its table; TypeInfo references stay valid while it
/// lives.
class DynamicType {
 public:
  /// Throws std::invalid_argument when the text is no type: it may come from another process. Fields must lie
  /// exactly where the generator puts them (so that none overlaps another), must not nest too deep or refer
  /// to themselves.
  static DynamicType parse(std::string_view json);
  DynamicType(DynamicType&&) noexcept;
  DynamicType& operator=(DynamicType&&) noexcept;
  ~DynamicType();
  [[nodiscard]] const TypeInfo& info() const noexcept;

 private:
  struct Tables;
  explicit DynamicType(std::unique_ptr<Tables> tables);
  std::unique_ptr<Tables> tables_;
};

/// The first difference of two definitions, for people: "field 'pose.x': float64 here, float32 there".
/// Empty when they are the same.
[[nodiscard]] std::string first_difference(const TypeInfo& here, const TypeInfo& there);

/// A field's type as a .msg file writes it: "float64[9]", "geometry_msgs/Pose", "string<=8".
[[nodiscard]] std::string type_text(const Field& field);

}  // namespace tactus
