// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/registry.hpp"

#include <algorithm>
#include <builtin_interfaces/msg/types.hpp>
#include <geometry_msgs/msg/types.hpp>
#include <nav_msgs/msg/types.hpp>
#include <sensor_msgs/msg/types.hpp>
#include <std_msgs/msg/types.hpp>
#include <string>
#include <tf2_msgs/msg/types.hpp>
#include <xr_msgs/msg/types.hpp>

namespace tactus {
namespace {

std::vector<const TypeInfo*> collect() {
  std::vector<const TypeInfo*> types;
  const auto add = [&](const auto& package) {
    for (const TypeInfo* type : package) types.push_back(type);
  };
  add(builtin_interfaces::msg::kTypes);
  add(std_msgs::msg::kTypes);
  add(geometry_msgs::msg::kTypes);
  add(sensor_msgs::msg::kTypes);
  add(nav_msgs::msg::kTypes);
  add(tf2_msgs::msg::kTypes);
  add(xr_msgs::msg::kTypes);
  std::ranges::sort(types, {}, [](const TypeInfo* type) { return std::string_view{type->name}; });
  return types;
}

}  // namespace

const std::vector<const TypeInfo*>& known_types() {
  static const auto types = collect();
  return types;
}

const TypeInfo* find_type(std::string_view name) {
  std::string full{name};
  if (full.find("/msg/") == std::string::npos) {
    if (const auto slash = full.find('/'); slash != std::string::npos) full.insert(slash, "/msg");
  }
  const auto& types = known_types();
  const auto found =
      std::ranges::find(types, full, [](const TypeInfo* type) { return std::string{type->name}; });
  return found == types.end() ? nullptr : *found;
}

}  // namespace tactus
