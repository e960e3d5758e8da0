// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>

#include "arguments.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "launch_options.hpp"
#include "launch_record.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/transport.hpp"

namespace rtctl {
namespace {

using Clock = std::chrono::steady_clock;
using Reasons = std::vector<std::string>;
constexpr std::chrono::milliseconds kRedraw{500};

void append(Reasons& reasons, Reasons more) {
  for (std::string& reason : more) {
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
      reasons.push_back(std::move(reason));
  }
}

void say(LiveView& view, const Reasons& sentences) {
  if (sentences.empty()) return;
  view.clear();
  for (const std::string& sentence : sentences) fmt::print(stderr, "rtctl: {}\n", sentence);
}

// False when the broker ended.
bool look(tactus::Supervisor& supervisor, LaunchRecord& record) try {
  record.add(supervisor.status());
  return true;
} catch (const tactus::TransportError&) {
  return false;
}

// Until the time is over, Ctrl-C, or a process ends. What went wrong beyond the record.
Reasons watch(tactus::Supervisor& supervisor, const Interrupt& interrupt, const LaunchOptions& options,
              LaunchRecord& record) {
  LiveView view;
  const Clock::time_point end = Clock::now() + options.duration.value_or(std::chrono::hours{24 * 365});
  bool broker = look(supervisor, record);
  while (broker && supervisor.healthy() && !interrupt.requested() && Clock::now() < end) {
    view.draw(record.live_text());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    say(view, supervisor.poll(std::min(kRedraw, left), interrupt.fd()));
    broker = look(supervisor, record);
  }
  view.clear();
  return broker ? Reasons{} : Reasons{"the broker ended"};
}

int run_plan(const tactus::LaunchPlan& plan, const LaunchOptions& options) {
  const Interrupt interrupt;
  tactus::Supervisor supervisor;
  supervisor.start(plan.processes);
  LaunchRecord record;
  Reasons reasons = watch(supervisor, interrupt, options, record);
  append(reasons, record.failures());
  append(reasons, supervisor.stop());
  append(reasons, record.missed(plan.expectations));
  (void)write_out(record.summary_text());
  if (reasons.empty()) {
    (void)write_out(paint(Style::kGood, "ok") + "\n");
    return kSuccess;
  }
  throw Failure{fmt::format("{}", fmt::join(reasons, "\nrtctl: "))};
}

int launch(const LaunchOptions& options) {
  const tactus::LaunchPlan plan = load_plan(options);
  if (options.dry_run) return write_out(tactus::describe_plan(plan)) ? kSuccess : kFailed;
  if (!plan.notes.empty())
    fmt::print(stderr, "rtctl: {} defaults were taken: --dry-run names them\n", plan.notes.size());
  if (!options.check) return run_plan(plan, options);
  const std::string text = fmt::format("{}: no errors; nodes: {}, processes: {}\n", options.file,
                                       plan.nodes.size(), plan.processes.size());
  return write_out(text) ? kSuccess : kFailed;
}

}  // namespace

void add_launch(CLI::App& root, Run& run) {
  CLI::App& verb = *root.add_subcommand("launch", "Checks a launch file, starts it, watches it and stops it");
  auto words = std::make_shared<LaunchWords>();
  verb.add_option("file", words->file, "Launch file, or the package it is installed with")
      ->required()
      ->type_name("FILE");
  verb.add_option("arguments", words->arguments,
                  "The file's name where FILE is a package; arguments of the file, name:=value")
      ->type_name("NAME:=VALUE");
  verb.add_flag("--dry-run", words->dry_run, "Print the checked plan and start nothing");
  verb.add_flag("--check", words->check, "Check only and start nothing");
  verb.add_option("--duration", words->duration, "Stop after so long")->type_name("DURATION");
  CLI::Option* group =
      verb.add_option("--group", words->group, "Group, instead of the file's")->type_name("GROUP");
  verb.add_option("--expect", words->expectations,
                  "Fail when a topic's rate is outside, /imu:190Hz..210Hz; may be repeated")
      ->type_name("TOPIC:RANGE")
      ->allow_extra_args(false);
  verb.footer(
      "Examples:\n  rtctl launch head_tracking.launch.yaml\n"
      "  rtctl launch head_tracking.launch.yaml seed:=3 --duration 10 --expect /imu:190Hz..210Hz\n"
      "  rtctl launch head_tracking.launch.yaml --dry-run\n"
      "  rtctl launch tactus head_tracking.launch.yaml");
  verb.callback([&run, words, group] {
    words->has_group = group->count() > 0;
    run = [words] { return launch(launch_options(*words)); };
  });
}

}  // namespace rtctl
