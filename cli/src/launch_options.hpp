// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tactus/scheduler/plan.hpp"

namespace rtctl {

/// The arguments of `rtctl launch` as they were typed.
struct LaunchWords {
  std::string file;  ///< a path, or a package whose launch file is the first of the arguments
  std::vector<std::string> arguments;
  std::vector<std::string> expectations;
  std::string duration;
  std::string group;
  bool has_group = false;
  bool dry_run = false;
  bool check = false;
};

struct LaunchOptions {
  std::string file;
  std::map<std::string, std::string> arguments;
  std::vector<tactus::ExpectedRate> expectations;
  std::optional<std::chrono::nanoseconds> duration;
  std::optional<std::string> group;
  bool dry_run = false;
  bool check = false;
};

/// Throws Failure{kUsage} naming the word that is wrong.
[[nodiscard]] LaunchOptions launch_options(const LaunchWords& words);

/// The checked plan of the file, the expectations of the command line among its own. Prints every error of
/// the file to the standard error, one per line, and throws Failure{kUsage} with their number.
[[nodiscard]] tactus::LaunchPlan load_plan(const LaunchOptions& options);

}  // namespace rtctl
