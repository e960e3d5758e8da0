// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "tactus/msg/type.hpp"

namespace tactus {

/// Every type that ships with Tactus, sorted by name.
[[nodiscard]] const std::vector<const TypeInfo*>& known_types();

/// "sensor_msgs/msg/Imu" or short "sensor_msgs/Imu"; nullptr when it is not known.
[[nodiscard]] const TypeInfo* find_type(std::string_view name);

}  // namespace tactus
