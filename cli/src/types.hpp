// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "graph.hpp"
#include "tactus/msg/type.hpp"

namespace rtctl {

/// A message type by name, with whatever owns its table. Shared by whoever still uses the table.
using TypePointer = std::shared_ptr<const tactus::TypeInfo>;

/// "sensor_msgs/msg/Imu", "sensor_msgs/Imu", or "Imu" where only one package has it. Looks among the types
/// that ship with Tactus, then among those of the running system. Throws Failure with the nearest name.
[[nodiscard]] TypePointer type_named(std::string_view name);

/// The type that travels on a topic: the publishers' where there is one. Throws Failure when the broker
/// cannot tell.
[[nodiscard]] TypePointer type_of_topic(const Graph& graph, const Topic& topic);

}  // namespace rtctl
