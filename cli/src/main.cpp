// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>

#include "arguments.hpp"
#include "command.hpp"
#include "output/terminal.hpp"
#include "tactus/msg/type.hpp"

namespace {

constexpr const char* kExamples = R"(Examples:
  rtctl launch launch/head_tracking.launch.yaml --duration 10
  rtctl topic list
  rtctl topic echo /head/pose --once
  rtctl msg show sensor_msgs/Imu
Each verb has its own: rtctl topic echo --help)";

int report(const std::string& text, int code) {
  std::fflush(stdout);
  fmt::print(stderr, "{} {}\n", rtctl::paint(rtctl::Style::kError, "rtctl:", stderr), text);
  return code;
}

const CLI::App& chosen(const CLI::App& app) {
  const std::vector<CLI::App*> verbs = app.get_subcommands();
  return verbs.empty() ? app : chosen(*verbs.front());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return -1;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const std::string name = full_name(chosen(app));
    return report(fmt::format("{}\nSee '{} --help'.", error.what(), name), rtctl::kUsage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe is an error of the write that meets it, never the death of a process that holds shared
  // memory.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"rtctl: launches Tactus pipelines and looks at them", "rtctl"};
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       fmt::format("rtctl {} (message layout {})", TACTUS_VERSION, tactus::kLayoutVersion));
  app.footer(kExamples);
  rtctl::Run run;
  rtctl::add_commands(app, run);

  try {
    const std::vector<std::string> words{argv + 1, argv + argc};
    if (!words.empty() && words[0] == "__complete")
      return rtctl::print_candidates(app, {words.begin() + 1, words.end()});
    if (const std::string wrong = rtctl::wrong_verb(app, words); !wrong.empty()) {
      return report(wrong, rtctl::kUsage);
    }
    if (const int code = parse(app, argc, argv); code >= 0) return code;
    return run();
  } catch (const rtctl::Failure& failure) {
    return report(failure.what(), failure.code());
  } catch (const std::exception& error) {
    return report(error.what(), rtctl::kFailed);
  }
}
