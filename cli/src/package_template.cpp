// SPDX-License-Identifier: Apache-2.0
#include "package_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace rtctl {
namespace {

namespace fs = std::filesystem;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream stream{path, std::ios::binary};
  stream << text;
  stream.close();
  if (!stream) throw std::runtime_error{fmt::format("{}: {}", path.string(), std::strerror(errno))};
  if (text.starts_with("#!"))
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add);
}

}  // namespace

std::string filled(std::string_view text, const TemplateValues& values) {
  std::string result{text};
  for (const auto& [key, value] : values) result = replaced(std::move(result), "@" + key + "@", value);
  return result;
}

std::string class_name(std::string_view package) {
  std::string name;
  bool upper = true;
  for (const char c : package) {
    if (c != '_') name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return name;
}

std::string package_name_error(std::string_view name) {
  if (name.size() < 2 || !is_lower(name.front()))
    return "it begins with a lower-case letter and has at least two";
  const bool good = std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
  if (!good) return "only lower-case letters, digits and underscores may stand in it";
  if (name.ends_with('_') || name.find("__") != std::string_view::npos)
    return "underscores stand between words, one at a time";
  return {};
}

std::vector<fs::path> write_package(const fs::path& folder, const TemplateValues& values) {
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw std::runtime_error{fmt::format("{} exists already and is not empty", folder.string())};
  std::vector<fs::path> written;
  for (const TemplateFile& file : package_template()) {
    written.emplace_back(replaced(std::string{file.path}, "NODE", values.at("NAME")));
    write_file(folder / written.back(), filled(file.text, values));
  }
  return written;
}

}  // namespace rtctl
