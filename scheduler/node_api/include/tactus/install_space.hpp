// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

/// Where packages are installed: nodes in <prefix>/lib/tactus/nodes, launch files in
/// <prefix>/share/<package>/launch.
namespace tactus {

/// A package or a launch file that is not installed. The text says where it was looked for.
class InstallSpaceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The prefixes that are searched, first one first: those in TACTUS_PREFIX_PATH, those of the colcon
/// workspaces in COLCON_PREFIX_PATH (the workspace's and each package's own), those in AMENT_PREFIX_PATH, the
/// one of this program.
[[nodiscard]] std::vector<std::filesystem::path> install_prefixes();

/// A launch file of a package, by its name ("thermal.launch.yaml"). Throws InstallSpaceError.
[[nodiscard]] std::filesystem::path find_launch_file(const std::string& package, const std::string& file);

}  // namespace tactus
