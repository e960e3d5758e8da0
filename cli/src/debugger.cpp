// SPDX-License-Identifier: Apache-2.0
#include "debugger.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "arguments.hpp"
#include "command.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

constexpr const char* kInstall = "install it (apt install gdb)";

// The process that traces this one; 0: none.
pid_t tracer_of(pid_t process) {
  std::ifstream status{fmt::format("/proc/{}/status", process)};
  for (std::string word; status >> word;) {
    if (word != "TracerPid:") continue;
    pid_t tracer = 0;
    status >> tracer;
    return tracer;
  }
  return 0;
}

pid_t spawn_gdb(pid_t process) {
  const std::string pid = std::to_string(process);
  const std::array<const char*, 7> words{"gdb", "-q",        "-iex", "set breakpoint pending on",
                                         "-p",  pid.c_str(), nullptr};
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t gdb = -1;
  const int error =
      posix_spawnp(&gdb, words[0], nullptr, &attributes, const_cast<char* const*>(words.data()), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    throw Failure{fmt::format("gdb cannot be started ({}): {}", std::strerror(error), kInstall)};
  return gdb;
}

tactus::HostSettings& process_of(tactus::LaunchPlan& plan, const std::string& name) {
  return *std::find_if(plan.processes.begin(), plan.processes.end(),
                       [&](const tactus::HostSettings& process) { return process.process == name; });
}

tactus::PlannedNode& node_named(tactus::LaunchPlan& plan, const std::string& name) {
  std::vector<std::string> names;
  for (tactus::PlannedNode& node : plan.nodes) {
    if (node.host.settings.name == name) return node;
    names.push_back(node.host.settings.name);
  }
  throw Failure{fmt::format("--debug: there is no node '{}' in {}{}", name, plan.file,
                            tactus::did_you_mean(name, names)),
                kUsage};
}

}  // namespace

const tactus::PlannedNode& give_own_process(tactus::LaunchPlan& plan, std::string_view node) {
  tactus::PlannedNode& planned = node_named(plan, absolute(node));
  tactus::HostSettings& shared = process_of(plan, planned.process);
  if (shared.nodes.size() == 1) return planned;
  tactus::HostSettings own = shared;
  own.process = "debug" + planned.host.settings.name;
  own.nodes = {planned.host};
  std::erase_if(own.executors,
                [&](const tactus::HostExecutor& executor) { return executor.name != planned.host.executor; });
  std::erase_if(shared.nodes, [&](const tactus::HostNode& other) {
    return other.settings.name == planned.host.settings.name;
  });
  planned.process = own.process;
  plan.processes.push_back(std::move(own));
  return planned;
}

Debugger::Debugger(tactus::LaunchPlan& plan, std::string_view node) {
  const tactus::PlannedNode& own = give_own_process(plan, node);
  process_ = own.process;
  advice_ = fmt::format(
      "{} is not loaded yet: set breakpoints (break {}::step), then continue; quit ends the launch",
      own.host.settings.name, own.description.class_name);
}

void Debugger::hold(pid_t pid) {
  complain(fmt::format("process '{}' waits in gdb, {}", process_, advice_));
  gdb_ = spawn_gdb(pid);
  std::signal(SIGINT, SIG_IGN);  // on a terminal it is meant for gdb
  while (tracer_of(pid) == 0) {
    if (ended()) throw Failure{"gdb ended before it held the process"};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

bool Debugger::ended() {
  if (gdb_ > 0 && !ended_) ended_ = waitpid(gdb_, nullptr, WNOHANG) == gdb_;
  return ended_;
}

Debugger::~Debugger() {
  if (gdb_ < 0 || ended()) return;
  kill(gdb_, SIGTERM);
  waitpid(gdb_, nullptr, 0);
}

}  // namespace rtctl
