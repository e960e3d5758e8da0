// SPDX-License-Identifier: Apache-2.0
#include "tactus/install_space.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tactus/middleware/names.hpp"

namespace tactus {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

Paths folders_in(const char* variable) {
  Paths folders;
  const char* value = std::getenv(variable);
  std::istringstream parts{value == nullptr ? "" : value};
  for (std::string folder; std::getline(parts, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error})
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void add(Paths& all, const Paths& more) {
  for (const fs::path& path : more) {
    if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(path);
  }
}

// A workspace is either one prefix, or a folder of one prefix per package.
Paths prefixes_of_workspace(const fs::path& workspace) {
  Paths prefixes{workspace};
  for (const std::string& name : names_in(workspace)) {
    if (fs::is_directory(workspace / name / "share" / name)) prefixes.push_back(workspace / name);
  }
  return prefixes;
}

Paths launch_folders(const std::string& package) {
  Paths folders;
  for (const fs::path& prefix : install_prefixes()) {
    fs::path folder = prefix / "share" / package / "launch";
    if (fs::is_directory(folder)) folders.push_back(std::move(folder));
  }
  return folders;
}

std::vector<std::string> packages_with_launch_files() {
  std::vector<std::string> packages;
  for (const fs::path& prefix : install_prefixes()) {
    for (const std::string& name : names_in(prefix / "share")) {
      if (fs::is_directory(prefix / "share" / name / "launch")) packages.push_back(name);
    }
  }
  return packages;
}

[[noreturn]] void refuse_package(const std::string& package) {
  std::vector<std::string> searched;
  for (const fs::path& prefix : install_prefixes()) searched.push_back((prefix / "share").string());
  throw InstallSpaceError{
      fmt::format("no package '{}' with launch files (searched {}; add prefixes with TACTUS_PREFIX_PATH){}",
                  package, fmt::join(searched, ", "), did_you_mean(package, packages_with_launch_files()))};
}

}  // namespace

Paths install_prefixes() {
  Paths prefixes;
  add(prefixes, folders_in("TACTUS_PREFIX_PATH"));
  for (const fs::path& workspace : folders_in("COLCON_PREFIX_PATH"))
    add(prefixes, prefixes_of_workspace(workspace));
  add(prefixes, folders_in("AMENT_PREFIX_PATH"));
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) add(prefixes, {self.parent_path().parent_path()});
  return prefixes;
}

fs::path find_launch_file(const std::string& package, const std::string& file) {
  const Paths folders = launch_folders(package);
  if (folders.empty()) refuse_package(package);
  std::vector<std::string> there;
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / file)) return folder / file;
    for (const std::string& name : names_in(folder)) there.push_back(name);
  }
  throw InstallSpaceError{
      fmt::format("package '{}' has no launch file '{}'; it has {}", package, file, fmt::join(there, ", "))};
}

}  // namespace tactus
