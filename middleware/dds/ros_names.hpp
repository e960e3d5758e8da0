// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Topics and types as ROS 2 names them in DDS.
namespace tactus::dds {

/// "/head/pose" -> "rt/head/pose"; "pkg/msg/Type" -> "pkg::msg::dds_::Type_".
[[nodiscard]] std::string dds_topic(std::string_view topic);
[[nodiscard]] std::string dds_type(std::string_view type);
/// The other way; empty when it is no topic or message type of ROS 2.
[[nodiscard]] std::string ros_topic(std::string_view dds_topic);
[[nodiscard]] std::string ros_type(std::string_view dds_type);
/// The value of `key=value;` in an endpoint's user data; empty when it is not there.
[[nodiscard]] std::string user_value(std::string_view user_data, std::string_view key);

/// Text that somebody else sent, as it can be shown and logged: at most 256 bytes of printable ASCII, '?' for
/// the rest.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace tactus::dds
