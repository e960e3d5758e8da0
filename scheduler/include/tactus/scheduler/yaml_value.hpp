// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tactus {

/// A position in a text; lines and columns from 1.
struct YamlPosition {
  int line = 0;
  int column = 0;
};

struct YamlValue {  // NOLINT(bugprone-exception-escape): moving a json throws only when it is broken
  nlohmann::json value;
  std::map<std::string, YamlPosition> positions;  ///< of "linear.x", "list[2]": where the name or item stands
};

/// A value in YAML, block or flow style, JSON included: what `rtctl topic echo` prints and `ros2 topic pub`
/// takes. Quoted scalars are texts. Only the first document is read. Throws std::invalid_argument beginning
/// with "line:column: ".
[[nodiscard]] YamlValue parse_yaml_value(std::string_view text);

}  // namespace tactus
