// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>

#include "arguments.hpp"
#include "command.hpp"
#include "debugger.hpp"
#include "interrupt.hpp"
#include "launch_options.hpp"
#include "launch_output.hpp"
#include "log_folder.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRedraw{500};
constexpr std::chrono::seconds kLeastJudged{1};  // before that a rate says little

void append(Sentences& reasons, const Sentences& more) {
  for (const std::string& reason : more) {
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
  }
}

// A failure as it was said when it happened, which may tell more.
std::string as_said(const std::string& failure, const Sentences& said) {
  const auto longer = std::find_if(said.begin(), said.end(), [&](const std::string& sentence) {
    return sentence.compare(0, failure.size(), failure) == 0;
  });
  return longer == said.end() ? failure : *longer;
}

// Asks for the end of a launch: Ctrl-C, the time is over, the debugger ended.
struct End {
  const Interrupt& interrupt;
  std::optional<Debugger>& debugger;
  Clock::time_point time;
  [[nodiscard]] bool reached() const {
    return interrupt.requested() || (debugger && debugger->ended()) || Clock::now() >= time;
  }
};

// `ends_launch: true`: what the launch is for has ended.
bool has_ended(const tactus::LaunchPlan& plan, const LaunchRecord& record) {
  if (plan.simulated) return record.simulation_ended();
  return std::any_of(plan.nodes.begin(), plan.nodes.end(), [&](const tactus::PlannedNode& node) {
    return node.host.ends_launch && record.ended(node.host.settings.name);
  });
}

// Until the end is asked for, or a process ends, or a node that the launch ends with. What went wrong.
Sentences watch(tactus::Supervisor& supervisor, const tactus::LaunchPlan& plan, const End& end,
                LaunchRecord& record, LaunchOutput& output) {
  Sentences said;
  while (supervisor.healthy() && !supervisor.stop_asked() && !end.reached() && !has_ended(plan, record)) {
    output.look(record);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end.time - Clock::now());
    const Sentences news = supervisor.poll(std::min(kRedraw, left), end.interrupt.fd());
    output.say(news);
    append(said, news);
    record.add(supervisor.status());
  }
  output.stopping();
  Sentences reasons;
  for (const std::string& failure : record.failures()) append(reasons, {as_said(failure, said)});
  return reasons;
}

// As the errors of the file: there is no room for what it asks for.
void start(tactus::Supervisor& supervisor, const tactus::LaunchPlan& plan) try {
  supervisor.start(plan.processes, tactus::demand_of(plan));
} catch (const tactus::LaunchRefused& refusal) {
  write_error(refusal.what());
  throw Failure{"nothing was started", kUsage};
} catch (const tactus::StartInterrupted&) {
  throw Failure{"interrupted while it started: nothing of it runs any more", kSuccess};
}

tactus::SupervisorOptions supervisor_options(const LaunchOutput& output, const Interrupt& interrupt) {
  tactus::SupervisorOptions options;
  options.stdout_fd = output.stdout_fd();
  options.stderr_fd = output.stderr_fd();
  options.interrupt_fd = interrupt.fd();
  return options;
}

/// From here on everything goes to the log, and no key of the terminal reaches the launch.
void leave_terminal(int log_fd) {
  std::fflush(nullptr);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  close(nothing);
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
}

void judge(const LaunchRecord& record, const tactus::LaunchPlan& plan, LaunchOutput& output,
           Sentences& reasons) {
  if (record.elapsed() >= kLeastJudged)
    append(reasons, record.missed(plan.expectations));
  else if (!plan.expectations.empty())
    output.say({"it ran too briefly to judge the rates that are expected"});
}

/// Where the log goes: to a file beside the terminal, or, detached, to the file only.
std::string open_log(tactus::LaunchPlan& plan, const LaunchOptions& options) {
  std::string why;
  std::string file = new_log_file(launch_name(options.file), why);
  if (file.empty()) complain(why);
  if (options.detach) return file;
  for (tactus::HostSettings& process : plan.processes) process.log_file = file;
  return file;
}

int run_plan(tactus::LaunchPlan plan, const LaunchOptions& options, const std::string& log,
             const std::function<void()>& started) {
  const Interrupt interrupt;
  const std::unique_ptr<LaunchOutput> output = make_launch_output(options);
  tactus::SupervisorOptions how = supervisor_options(*output, interrupt);
  how.network = plan.network;
  how.launch_name = launch_name(options.file);
  how.launch_file = std::filesystem::absolute(options.file).string();
  how.log_file = log;
  const int log_fd =
      options.detach ? open(log.empty() ? "/dev/null" : log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
  if (options.detach) how.stdout_fd = how.stderr_fd = log_fd;
  std::optional<Debugger> debugger;
  if (!options.debug.empty()) {
    debugger.emplace(plan, options.debug);
    plan.expectations.clear();  // what stands still has no rate
    how.debugged = debugger->process();
    how.hold = [&debugger](int pid) { debugger->hold(pid); };
  }
  tactus::Supervisor supervisor{how};
  std::chrono::nanoseconds duration = options.duration.value_or(std::chrono::hours{24 * 365});
  if (plan.simulated) {  // its own time ends it
    plan.processes.front().run_for_ns = options.duration.value_or(std::chrono::nanoseconds{0}).count();
    duration = std::chrono::hours{24 * 365};
  }
  start(supervisor, plan);
  const Clock::time_point time = Clock::now() + duration;
  LaunchRecord record;
  record.add(supervisor.status());
  output->started(record);
  if (options.detach) leave_terminal(log_fd);
  started();
  Sentences reasons = watch(supervisor, plan, {interrupt, debugger, time}, record, *output);
  append(reasons, supervisor.stop());
  judge(record, plan, *output, reasons);
  output->ended(record, reasons);
  if (reasons.empty()) return kSuccess;
  throw Failure{fmt::format("{}", fmt::join(reasons, "\nrtctl: "))};
}

// The launch goes on in another process, in a session of its own; this one returns when all of it has
// started.
int detach(tactus::LaunchPlan plan, const LaunchOptions& options, const std::string& log) {
  int up[2] = {-1, -1};
  if (pipe2(up, O_CLOEXEC) != 0) throw Failure{fmt::format("pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) throw Failure{fmt::format("fork: {}", std::strerror(errno))};
  if (pid == 0) {
    setsid();
    close(up[0]);
    return run_plan(std::move(plan), options, log, [&up] {
      static_cast<void>(!write(up[1], "1", 1));
      close(up[1]);
    });
  }
  close(up[1]);
  char letter = 0;
  const bool started = read(up[0], &letter, 1) == 1;
  close(up[0]);
  int status = 0;
  if (!started) return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
  if (options.json) return kSuccess;
  return print(
      fmt::format("It goes on in the background (pid {0}): rtctl ps shows it, rtctl stop {0} stops "
                  "it, rtctl log tail reads\n{1}\n",
                  pid, log));
}

int launch(const LaunchOptions& options) {
  tactus::LaunchPlan plan = load_plan(options);
  if (options.dry_run) return print(tactus::describe_plan(plan));
  if (!plan.notes.empty())
    complain(fmt::format(
        "{} taken: --dry-run names {}",
        plan.notes.size() == 1 ? "1 default was" : fmt::format("{} defaults were", plan.notes.size()),
        plan.notes.size() == 1 ? "it" : "them"));
  if (!options.check) {
    const std::string log = open_log(plan, options);
    if (options.detach) return detach(std::move(plan), options, log);
    return run_plan(std::move(plan), options, log, [] {});
  }
  const std::string text = fmt::format("{}: no errors; nodes: {}, processes: {}\n", options.file,
                                       plan.nodes.size(), plan.processes.size());
  return print(text);
}

void add_options(CLI::App& verb, LaunchWords& words) {
  verb.add_option("file", words.file, "Launch file, or the package it is installed with")
      ->required()
      ->type_name("FILE");
  verb.add_option("arguments", words.arguments,
                  "The file's name where FILE is a package; arguments of the file, name:=value")
      ->type_name("NAME:=VALUE");
  verb.add_flag("--dry-run", words.dry_run, "Print the checked plan and start nothing");
  verb.add_flag("--check", words.check, "Check only and start nothing");
  verb.add_flag("-s,--show-args", words.show_arguments, "Print the arguments of the file and start nothing");
  verb.add_flag("--json", words.json, "One JSON object per event, the summary at the end");
  verb.add_option("--duration", words.duration, "Stop after so long")->type_name("DURATION");
  add_group_option(verb, words.group, "Group, instead of the file's");
  verb.add_option("--processes", words.processes,
                  "Start only these; the others run on other hosts: vision,main")
      ->type_name("NAMES")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb.add_option("--expect", words.expectations,
                  "Fail when a topic's rate is outside, /imu:190Hz..210Hz; may be repeated")
      ->type_name("TOPIC:RANGE")
      ->allow_extra_args(false);
  verb.add_flag("-d,--detach", words.detach,
                "Return once it has started; rtctl ps, stop and log tail find it");
  verb.add_option(
          "--isolate", words.isolate,
          "Placement for an experiment: none (one process), group (as the file says), node (each its own)")
      ->type_name("HOW");
  verb.add_option("--debug", words.debug,
                  "Run this node in a process of its own under gdb; the launch ends with gdb")
      ->type_name("NODE");
}

// The arguments of the file are part of the help once a file is named.
void add_help(CLI::App& verb) {
  verb.footer(
      "With --help, a file's own arguments are listed, too.\n\nExamples:\n  rtctl launch "
      "head_tracking.launch.yaml\n"
      "  rtctl launch head_tracking.launch.yaml seed:=3 --duration 10 --expect /imu:190Hz..210Hz\n"
      "  rtctl launch head_tracking.launch.yaml --dry-run\n"
      "  rtctl launch head_tracking.launch.yaml --detach\n"
      "  rtctl launch head_tracking.launch.yaml --isolate node\n"
      "  rtctl launch tactus head_tracking.launch.yaml");
  const CLI::Option* arguments = verb.get_option("arguments");
  verb.footer([file = verb.get_option("file"), arguments]() -> std::string {
    if (file->results().empty()) return {};
    LaunchWords typed;
    typed.file = file->results().front();
    typed.arguments = arguments->results();
    return arguments_text(typed);
  });
}

}  // namespace

void add_launch(CLI::App& root, Run& run) {
  CLI::App& verb = *root.add_subcommand("launch", "Checks a launch file, starts it, watches it and stops it");
  auto words = std::make_shared<LaunchWords>();
  add_options(verb, *words);
  add_help(verb);
  verb.callback([&run, words] {
    run = [words] {
      if (words->show_arguments) return print(arguments_text(*words));
      return launch(launch_options(*words));
    };
  });
}

}  // namespace rtctl
