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
  std::optional<std::string> group;
  std::string debug;
  std::vector<std::string> processes;
  bool show_arguments = false;
  std::string isolate;
  bool detach = false;
  bool dry_run = false;
  bool check = false;
  bool json = false;
};

struct LaunchOptions {
  std::string file;
  std::map<std::string, std::string> arguments;
  std::vector<tactus::ExpectedRate> expectations;
  std::optional<std::chrono::nanoseconds> duration;
  std::optional<std::string> group;
  std::string debug;                   ///< a node; empty: none
  std::vector<std::string> processes;  ///< empty: all
  tactus::Isolation isolation = tactus::Isolation::kGroup;
  int cpus = 0;         ///< of the machine that it is checked for; 0: this one
  bool detach = false;  ///< returns once it has started
  bool dry_run = false;
  bool check = false;
  bool json = false;
};

/// Throws Failure{kUsage} naming the word that is wrong.
[[nodiscard]] LaunchOptions launch_options(const LaunchWords& words);

/// A table of the arguments that the file and what it includes declare; a sentence when there are none or
/// when it cannot be read.
[[nodiscard]] std::string arguments_text(const LaunchWords& words);
/// The launch file that the words mean. Throws Failure{kUsage} when the package has none of that name.
[[nodiscard]] std::string launch_file(const LaunchWords& words);

/// The checked plan of the file, the expectations of the command line among its own. Prints every warning, or
/// every error, of the file to the standard error, one per line; with errors throws Failure{kUsage} with
/// their number.
[[nodiscard]] tactus::LaunchPlan load_plan(const LaunchOptions& options);

}  // namespace rtctl
