// SPDX-License-Identifier: Apache-2.0
#include "tactus/program.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "commands.hpp"

namespace tactus {

int run_program(int argc, char** argv) {
  const auto starts_with = [](const char* option) {
    return [option](std::string_view argument) { return argument.starts_with(option); };
  };
  const bool by_a_launch = std::any_of(argv + 1, argv + argc, starts_with("--control-fd")) ||
                           std::any_of(argv + 1, argv + argc, starts_with("--describe"));
  if (by_a_launch) return host_command(argc, argv);
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return run_command(argc, argv, self, self);
}

}  // namespace tactus
