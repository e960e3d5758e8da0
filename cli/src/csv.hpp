// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace rtctl {

/// All values of a message in the order of its fields, nested and listed ones included, separated by commas,
/// as `ros2 topic echo --csv` writes them; what is no number is `nan`, texts are quoted where they need it.
/// Ends with a newline.
[[nodiscard]] std::string csv_line(const nlohmann::ordered_json& message);

/// The names of the same values: `header.stamp.sec`, `position[0]`. `field` stands before all of them.
[[nodiscard]] std::string csv_header(const nlohmann::ordered_json& message, const std::string& field);

}  // namespace rtctl
