// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tactus/node_description.hpp"
#include "tactus/scheduler/host_settings.hpp"

namespace tactus {

/// What was typed behind tactus-run.
struct RunArguments {
  std::string library;
  std::vector<std::string> assignments;  ///< "imu:=/imu", "gain:=2.0"
  std::string every;                     ///< "5ms", "90Hz"; empty: not said
  std::string on;                        ///< an input's name or a topic
  std::string name;                      ///< empty: the name of the library
  std::string group;
};

/// Nanoseconds of "5ms", "90Hz", "1.5s", "200us". Throws std::invalid_argument.
[[nodiscard]] std::int64_t parse_period(const std::string& text);

/// "/opt/libimu_integrator.so" -> "imu_integrator"
[[nodiscard]] std::string name_of_library(const std::filesystem::path& library);

/// A name before := is a parameter where the node declares one, else an input or output. Throws
/// std::invalid_argument that lists what exists.
[[nodiscard]] HostSettings settings_for_run(const RunArguments& arguments,
                                            const std::filesystem::path& library,
                                            const NodeDescription& node);

}  // namespace tactus
