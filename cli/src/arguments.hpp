// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

/// Arguments as text -> values. Errors are Failures with exit code kUsage that say what would be right.
namespace rtctl {

/// "10", "10s", "1.5s", "500ms", "2min". No unit: seconds.
[[nodiscard]] std::chrono::nanoseconds parse_duration(std::string_view option, std::string_view text);
/// The same as it was typed, never without a unit: "10 s", "500ms".
[[nodiscard]] std::string with_unit(const std::string& duration);

/// "/imu" for "imu": topics and nodes are meant absolutely on the command line.
[[nodiscard]] std::string absolute(std::string_view name);

/// Adds `--group GROUP`, which may be the default group: the empty name. `group` must outlive the verb.
void add_group_option(CLI::App& verb, std::optional<std::string>& group, const std::string& help);

}  // namespace rtctl
