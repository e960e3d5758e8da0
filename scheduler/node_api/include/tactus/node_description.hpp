// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tactus/node.hpp"

/// What a node declares, as a value: found out in a throw-away process before anything starts.
namespace tactus {

enum class PortDirection { kInput, kOutput };

struct PortDescription {
  std::string name{};
  PortDirection direction = PortDirection::kInput;
  std::string type_name{};         ///< "sensor_msgs/msg/Imu"
  std::string type_json{};         ///< serialize_type()
  bool optional = false;           ///< inputs
  std::uint32_t depth = 0;         ///< inputs
  std::uint32_t max_held = 0;      ///< inputs
  std::uint32_t history = 0;       ///< outputs
  std::uint32_t max_loans = 0;     ///< outputs
  std::size_t max_bytes = 0;       ///< outputs: the whole block, never 0
  bool max_bytes_guessed = false;  ///< outputs: the node declared nothing and the type is unbounded
};

struct ParameterDescription {
  std::string name;
  ParameterValue initial;
  ParameterOptions options;
};

struct MetricDescription {
  std::string name;
  MetricOptions options;
};

struct NodeDescription {
  std::string class_name;
  bool has_step = false;
  bool has_run = false;
  std::vector<PortDescription> ports;
  std::vector<ParameterDescription> parameters;
  std::vector<MetricDescription> metrics{};
  std::vector<std::string> chains{};  ///< that it asks for by name
  bool has_coroutine = false;
};

[[nodiscard]] nlohmann::json to_json(const NodeDescription& description);
/// Throws nlohmann::json::exception when the JSON is not what to_json writes.
[[nodiscard]] NodeDescription description_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const ParameterValue& value);
/// null and containers: throws std::invalid_argument.
[[nodiscard]] ParameterValue parameter_from_json(const nlohmann::json& json);

/// What a command line says, in the kind of the declared one where it can be read so.
[[nodiscard]] ParameterValue parameter_from_text(const ParameterDescription& declared,
                                                 const std::string& text);

/// "bool", "int", "float" or "string".
[[nodiscard]] const char* kind_name(const ParameterValue& value) noexcept;

/// The given value in the kind of the declared one (an int becomes a float where a float is declared),
/// checked against the range. Throws std::invalid_argument: "parameter 'gravity' is 12.5, allowed are 9.7
/// to 9.9 m/s^2".
[[nodiscard]] ParameterValue checked_parameter(const ParameterDescription& declared,
                                               const ParameterValue& given);

}  // namespace tactus
