// SPDX-License-Identifier: Apache-2.0
#pragma once

/// For a node that is a program with a main() of its own instead of a shared object: started, placed and
/// supervised by a launch as any other.
///
///   class Camera final : public tactus::Node { ... };
///   TACTUS_NODE(Camera)
///   int main(int argc, char** argv) {
///     ...                                        // what has to be done in main()
///     return tactus::run_program(argc, argv);
///   }
///
/// Built with tactus_add_program(). A launch file names it as `use:`, and gives it a process of its own.
namespace tactus {

/// Runs the node that this program holds (TACTUS_NODE) and returns what main() is to return. Started by a
/// launch it does what that says, with the arguments it is given; started by hand it takes those of
/// tactus-run: inputs, outputs and parameters as name:=value, --every, --on, --name, --group. SIGINT and
/// SIGTERM end it. Call it once, on the main thread, before there are others: it blocks signals.
[[nodiscard]] int run_program(int argc, char** argv);

}  // namespace tactus
