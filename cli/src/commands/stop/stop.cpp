// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>

#include "command.hpp"
#include "launches.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

constexpr int kLimitMs = 30'000;

struct Options {
  std::string launch;
  bool all = false;
};

void stop_launch(RunningLaunch& launch) {
  ask(launch, R"({"do": "end"})");
  if (!launch.control->wait_for_end(kLimitMs))
    throw Failure{fmt::format("{} (pid {}) was asked to stop and has not ended within {} s", launch.name,
                              launch.pid, kLimitMs / 1000)};
  try_write_out(fmt::format("stopped {} (pid {})\n", launch.name, launch.pid));
}

int stop(const Options& options) {
  auto launches = running_launches();
  if (options.all) {
    for (RunningLaunch& launch : launches) stop_launch(launch);
    return kSuccess;
  }
  if (options.launch.empty() && launches.size() > 1)
    throw Failure{"several launches are running: name one, or --all (rtctl ps lists them)", kUsage};
  stop_launch(options.launch.empty() ? launches.front() : find_launch(launches, options.launch));
  return kSuccess;
}

}  // namespace

void add_stop(CLI::App& root, Run& run) {
  CLI::App& verb = *root.add_subcommand("stop", "Stops a launch, in reverse order of its start");
  auto options = std::make_shared<Options>();
  auto* launch =
      verb.add_option("launch", options->launch, "Name or pid, as rtctl ps shows it; the only one by default")
          ->type_name("LAUNCH");
  verb.add_flag("--all", options->all, "All launches of this host")->excludes(launch);
  verb.footer("Examples:\n  rtctl stop\n  rtctl stop head_tracking\n  rtctl stop --all");
  verb.callback([&run, options] { run = [options] { return stop(*options); }; });
}

}  // namespace rtctl
