// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "graph.hpp"

namespace rtctl {

/// [{node, type, type_id, history, max_bytes, messages, bytes, dropped}]
[[nodiscard]] nlohmann::ordered_json publishers_json(const Topic& topic);
/// [{node, type, type_id, depth, messages, bytes, dropped}]
[[nodiscard]] nlohmann::ordered_json subscribers_json(const Topic& topic);

}  // namespace rtctl
