// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "command.hpp"
#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

double nanoseconds_of(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1e9;
  if (unit == "ms") return 1e6;
  if (unit == "us") return 1e3;
  if (unit == "min") return 60e9;
  if (unit == "h") return 3600e9;
  return 0;
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view option, std::string_view text) {
  const std::string copy{text};
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const double scale = nanoseconds_of(end);
  if (end == copy.c_str() || scale == 0 || !std::isfinite(number) || number < 0 || number * scale > 9e18) {
    throw Failure{fmt::format("{}: '{}' is no duration; write it like 10, 10s, 500ms or 2min", option, text),
                  kUsage};
  }
  return std::chrono::nanoseconds{std::llround(number * scale)};
}

std::string with_unit(const std::string& duration) {
  const bool bare = !duration.empty() && (std::isdigit(duration.back()) != 0 || duration.back() == '.');
  return bare ? duration + " s" : duration;
}

std::string absolute(std::string_view name) {
  return name.substr(0, 1) == "/" ? std::string{name} : fmt::format("/{}", name);
}

void add_group_option(CLI::App& verb, std::optional<std::string>& group, const std::string& help) {
  verb.add_option_function<std::string>(
          "--group", [&group](const std::string& name) { group = name; }, help)
      ->type_name("GROUP")
      ->check([](const std::string& name) { return tactus::group_name_error(name); });
}

}  // namespace rtctl
