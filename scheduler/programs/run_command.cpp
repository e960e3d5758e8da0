// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "host_process.hpp"
#include "run_arguments.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace tactus {
namespace {

NodeDescription describe(const std::filesystem::path& describer, const std::filesystem::path& library) {
  auto result = describe_nodes(describer, {{library, {}}}).at(0);
  if (!result.description) throw std::runtime_error{fmt::format("{}: {}", library.string(), result.error)};
  return *std::move(result.description);
}

}  // namespace

int run_command(int argc, char** argv, const std::filesystem::path& own,
                const std::filesystem::path& describer) {
  CLI::App app{
      "Runs one node until Ctrl-C. A name before := is a parameter where the node declares one, else an "
      "input or output."};
  app.footer(
      "Examples:\n  tactus-run imu_integrator imu:=/imu gravity:=9.80 --on imu\n"
      "  tactus-run ./libreprojection.so pose:=/head/pose --every 90Hz --name left");
  RunArguments arguments;
  if (own.empty())
    app.add_option("node", arguments.library, "path of the shared object, or its name as in a launch file")
        ->required();
  app.add_option("assignments", arguments.assignments, "name:=value");
  auto* every = app.add_option("--every", arguments.every, "call it periodically: 5ms, 90Hz");
  app.add_option("--on", arguments.on, "call it once for each message of this input or topic")
      ->excludes(every);
  app.add_option("--name", arguments.name, "name of the node");
  app.add_option("--group", arguments.group, "the group whose topics it sees");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const auto library = own.empty() ? find_node_library(arguments.library) : own;
    return run_alone(settings_for_run(arguments, library, describe(describer, library)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", std::filesystem::path{argv[0]}.filename().string(), error.what());
    return 2;
  }
}

}  // namespace tactus
