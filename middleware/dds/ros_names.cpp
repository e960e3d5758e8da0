// SPDX-License-Identifier: Apache-2.0
#include "ros_names.hpp"

#include <fmt/core.h>

namespace tactus::dds {

std::string dds_topic(std::string_view topic) { return "rt" + std::string{topic}; }

std::string dds_type(std::string_view type) {
  const auto package = type.substr(0, type.find('/'));
  return fmt::format("{}::msg::dds_::{}_", package, type.substr(type.rfind('/') + 1));
}

std::string ros_topic(std::string_view dds_topic) {
  return dds_topic.starts_with("rt/") ? std::string{dds_topic.substr(2)} : std::string{};
}

std::string ros_type(std::string_view dds_type) {
  constexpr std::string_view kMiddle = "::msg::dds_::";
  const auto middle = dds_type.find(kMiddle);
  if (middle == std::string_view::npos || !dds_type.ends_with('_')) return {};
  const auto name = dds_type.substr(middle + kMiddle.size());
  return fmt::format("{}/msg/{}", dds_type.substr(0, middle), name.substr(0, name.size() - 1));
}

std::string user_value(std::string_view user_data, std::string_view key) {
  while (!user_data.empty()) {
    const std::string_view pair = user_data.substr(0, user_data.find(';'));
    if (pair.starts_with(key) && pair.substr(key.size()).starts_with('='))
      return std::string{pair.substr(key.size() + 1)};
    if (pair.size() == user_data.size()) break;
    user_data.remove_prefix(pair.size() + 1);
  }
  return {};
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 256;
  std::string shown{text.substr(0, kMost)};
  for (char& c : shown) c = c >= ' ' && c <= '~' ? c : '?';
  return shown;
}

}  // namespace tactus::dds
