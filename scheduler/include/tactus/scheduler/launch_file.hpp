// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tactus/scheduler/plan.hpp"

namespace tactus {

struct LaunchOptions {
  std::map<std::string, std::string> args;  ///< `name:=value`
  std::optional<std::string> group{};       ///< overrides the file's
  int cpus = 0;                             ///< of the machine that it is for; 0: of this one
};

struct LoadedLaunch {
  std::optional<LaunchPlan> plan;       ///< empty when there are errors
  std::vector<Diagnostic> diagnostics;  ///< all errors, in the order of the file
};

/// Reads, expands and checks a launch file and what it includes. Starts nothing but what `describe` does, and
/// those only when the files themselves are right. Never throws for what a file can say.
[[nodiscard]] LoadedLaunch load_launch_file(const std::filesystem::path& file, const LaunchOptions& options,
                                            const Describe& describe);

/// An argument that a launch file declares: for `rtctl launch FILE --help` and completion.
struct LaunchArgument {
  std::string name, type, initial, help;
  bool required = false;
};
[[nodiscard]] std::vector<LaunchArgument> launch_arguments(const std::filesystem::path& file);

}  // namespace tactus
