// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
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

/// "/imu" for "imu": topics and nodes are meant absolutely on the command line.
[[nodiscard]] std::string absolute(std::string_view name);

/// The first word that should be a verb and is none, as an error with the nearest one; empty when all are.
[[nodiscard]] std::string wrong_verb(const CLI::App& root, const std::vector<std::string>& words);

}  // namespace rtctl
