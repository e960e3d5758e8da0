// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtctl {

/// A file of the package that `rtctl pkg create` makes, from cli/package_template. In its path NODE stands
/// for the name of the package, in its text @NAME@ and others for what package_values() says.
struct TemplateFile {
  std::string_view path;
  std::string_view text;
};
[[nodiscard]] std::span<const TemplateFile> package_template() noexcept;

/// What stands for itself in every file: {"NAME", "hand_tracker"}, {"CLASS", "HandTracker"}, ...
using TemplateValues = std::map<std::string, std::string>;

/// The text with every @KEY@ replaced.
[[nodiscard]] std::string filled(std::string_view text, const TemplateValues& values);

/// "hand_tracker" -> "HandTracker"
[[nodiscard]] std::string class_name(std::string_view package);

/// Why no package can have this name (REP 144: lower case, digits, single underscores), or empty.
[[nodiscard]] std::string package_name_error(std::string_view name);

/// Writes the package into a folder that does not exist or is empty. Returns the files, relative to it.
/// Throws std::runtime_error.
std::vector<std::filesystem::path> write_package(const std::filesystem::path& folder,
                                                 const TemplateValues& values);

}  // namespace rtctl
