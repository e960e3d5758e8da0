// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

/// What tactus-host, tactus-run and programs that are nodes do with their arguments. Each returns the exit
/// code of its process.
namespace tactus {

/// `--control-fd N`: runs what the supervisor at this socket says. `--describe LIBRARY`: prints what its node
/// declares.
int host_command(int argc, char** argv);

/// Runs one node until Ctrl-C: `own`, or when that is empty the one that the first argument names.
/// `describer` finds out what it declares.
int run_command(int argc, char** argv, const std::filesystem::path& own,
                const std::filesystem::path& describer);

}  // namespace tactus
