// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checks.hpp"
#include "command.hpp"
#include "leftovers.hpp"
#include "output/terminal.hpp"
#include "realtime_report.hpp"
#include "tactus/msg/type.hpp"

namespace rtctl {
namespace {

struct Options {
  bool json = false;
  bool limits = false;
  bool clean = false;
};

struct Word {
  const char* text;
  Style style;
};

Word word_of(Health health) {
  switch (health) {
    case Health::kGood:
      return {"ok", Style::kGood};
    case Health::kWarning:
      return {"warning", Style::kWarning};
    case Health::kBad:
      break;
  }
  return {"bad", Style::kError};
}

std::string json_of(const std::vector<Check>& checks) {
  auto list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    list.push_back({{"name", check.name},
                    {"health", word_of(check.health).text},
                    {"found", check.found},
                    {"advice", check.advice}});
  }
  return nlohmann::ordered_json{
             {"version", TACTUS_VERSION}, {"layout", tactus::kLayoutVersion}, {"checks", list}}
             .dump(2) +
         "\n";
}

std::string text_of(const std::vector<Check>& checks) {
  std::string text = fmt::format("rtctl {}, message layout {}, compiler {}\n", TACTUS_VERSION,
                                 tactus::kLayoutVersion, __VERSION__);
  for (const Check& check : checks) {
    const Word word = word_of(check.health);
    text += fmt::format("{}{:{}}{:<20}{}\n", paint(word.style, word.text), "",
                        9 - std::string_view{word.text}.size(), check.name, check.found);
    if (!check.advice.empty()) text += fmt::format("{:9}{}\n", "", check.advice);
  }
  return text;
}

// What was done about one thing; false when it stays.
bool tell(const char* done, const std::string& what, const std::string& error) {
  if (error.empty()) (void)print(fmt::format("{} {}\n", done, what));
  if (!error.empty()) complain(fmt::format("{} stays: {}", what, error));
  return error.empty();
}

// What belongs to other users stays and is named. Processes first: they hold files.
int clean() {
  bool all = true;
  for (const LeftProcess& one : find_left_processes())
    all &= tell("ended", fmt::format("process {}", one.pid),
                one.ours ? end_left_process(one) : "belongs to user " + one.owner);
  for (const Leftover& one : find_leftovers())
    all &= tell("removed", one.path, one.ours ? remove_leftover(one) : "belongs to user " + one.owner);
  return all ? kSuccess : kFailed;
}

int doctor(const Options& options) {
  if (options.clean) return clean();
  if (options.limits) return print(realtime_report());
  const std::vector<Check> checks = run_checks();
  const bool bad = std::any_of(checks.begin(), checks.end(),
                               [](const Check& check) { return check.health == Health::kBad; });
  (void)print(options.json ? json_of(checks) : text_of(checks));
  return bad ? kFailed : kSuccess;
}

}  // namespace

void add_doctor(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("doctor", "Is this machine ready? Limits, memory, kernel, broker, leftovers");
  auto options = std::make_shared<Options>();
  verb.add_flag("--rt", options->limits,
                "Print what decides about realtime here, and the lines that grant it");
  verb.add_flag("--clean", options->clean,
                "Remove what dead brokers and programs left, end processes without a launch");
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer(
      "Examples:\n  rtctl doctor\n  rtctl doctor --clean\n  rtctl doctor --rt | sudo tee "
      "/etc/security/limits.d/90-tactus.conf");
  verb.callback([&run, options] { run = [options] { return doctor(*options); }; });
}

}  // namespace rtctl
