// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace rtctl {

/// A message's values as typed on the command line: JSON, or what `ros2 topic pub` takes, YAML's flow style:
/// `{linear: {x: 2.0}, name: left, used: true, list: [1, 2]}`. Throws Failure{kUsage} naming the column.
[[nodiscard]] nlohmann::json parse_flow_value(std::string_view text);

}  // namespace rtctl
