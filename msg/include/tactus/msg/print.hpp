// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "tactus/msg/type.hpp"

/// Messages as text, for people and tools. Allocates; not for a realtime thread.
namespace tactus {

struct PrintOptions {
  bool no_arrays = false;          ///< arrays and sequences as "<float64[9]>" only
  std::size_t max_elements = 128;  ///< of an array; the rest is "..."
  std::string field{};             ///< print this field only, "pose.position.x"; empty: the whole message
};

/// As `ros2 topic echo` prints. Throws std::invalid_argument when options.field does not exist, naming those
/// that do.
[[nodiscard]] std::string to_yaml(const TypeInfo& type, const void* root, const PrintOptions& options = {});

/// Numbers as numbers; NaN and infinities as null; bytes as numbers.
[[nodiscard]] std::string to_json(const TypeInfo& type, const void* root, const PrintOptions& options = {});

/// Writes the given fields into a constructed block; fields that are not named keep their value.
/// Throws std::invalid_argument: unknown field (with the nearest), wrong type, out of range, too long for the
/// block.
void assign_json(const TypeInfo& type, std::byte* block, const nlohmann::json& values);

}  // namespace tactus
