// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <csignal>

#include "command.hpp"
#include "network.hpp"
#include "output/terminal.hpp"
#include "tactus/msg/type.hpp"
#include "verbs.hpp"

namespace {

constexpr const char* kExamples = R"(Examples:
  rtctl launch launch/head_tracking.launch.yaml --duration 10
  rtctl topic list
  rtctl topic echo /head/pose --once
  rtctl msg show sensor_msgs/Imu
Each verb has its own: rtctl topic echo --help)";

int report(const std::string& text, int code) {
  rtctl::complain(text, rtctl::Style::kError);
  return code;
}

// What is opened later must never be taken for the standard output.
void open_closed_streams() {
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
    if (fd <= STDERR_FILENO) continue;
    close(fd);
    return;
  }
}

int parse(CLI::App& app, std::vector<std::string> words) {
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(std::move(words));
    return -1;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report(rtctl::usage_error(app, error), rtctl::kUsage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe is an error of the write that meets it, never the death of a process that holds shared
  // memory.
  std::signal(SIGPIPE, SIG_IGN);
  open_closed_streams();
  CLI::App app{"rtctl: launches Tactus pipelines and looks at them", "rtctl"};
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       fmt::format("rtctl {} (message layout {})", TACTUS_VERSION, tactus::kLayoutVersion));
  app.footer(kExamples);
  rtctl::Run run;
  rtctl::add_network_options(app, rtctl::network_options());
  rtctl::add_commands(app, run);

  try {
    std::vector<std::string> words{argv + 1, argv + argc};
    if (!words.empty() && words[0] == "__complete")
      return rtctl::print_candidates(app, {words.begin() + 1, words.end()});
    if (!words.empty() && words[0] == "help") {  // as --help at the end
      words.erase(words.begin());
      words.emplace_back("--help");
    }
    const std::vector<std::string> network = rtctl::take_network_options(words);
    if (const std::string wrong = rtctl::wrong_verb(app, words); !wrong.empty()) {
      return report(wrong, rtctl::kUsage);
    }
    words.insert(words.begin(), network.begin(), network.end());
    if (const int code = parse(app, words); code >= 0) return code;
    return run();
  } catch (const rtctl::Failure& failure) {
    return report(failure.what(), failure.code());
  } catch (const std::exception& error) {
    return report(error.what(), rtctl::kFailed);
  }
}
