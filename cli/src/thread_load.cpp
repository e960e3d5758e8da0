// SPDX-License-Identifier: Apache-2.0
#include "thread_load.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace rtctl {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

template <typename Text>
std::string text_of(const Text& text) {
  return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

std::string policy_text(const tactus::WorkerCounters& worker) {
  const int policy = worker.policy.load();
  if (policy == SCHED_FIFO) return fmt::format("fifo {}", worker.priority.load());
  if (policy == SCHED_RR) return fmt::format("rr {}", worker.priority.load());
  return "other";
}

std::string doing_of(const tactus::ProcessPage& page, std::size_t worker) {
  if (page.workers[worker].waiting_since_ns.load() != 0) return "waits";
  for (const tactus::NodeCounters& node : tactus::used_nodes(page)) {
    if (node.worker.load() == worker + 1 && node.phase.load() != tactus::NodePhase::kIdle)
      return text_of(node.name);
  }
  return "-";
}

ThreadLook look_at(const HostPage& host, std::size_t index) {
  const tactus::WorkerCounters& worker = host.page->workers[index];
  ThreadLook look;
  look.thread = text_of(worker.name);
  look.process = host.process.name;
  look.group = host.process.group;
  look.pid = host.process.pid;
  look.tid = worker.tid.load();
  look.policy = policy_text(worker);
  look.cpus = cpus_text(worker);
  look.passes = worker.passes.load();
  look.lost_wakes = worker.lost_wakes.load();
  look.doing = doing_of(*host.page, index);
  look.times = read_thread_times(look.pid, look.tid);
  return look;
}

}  // namespace

// The name may hold anything: the fields stand behind the last ')'.
ThreadTimes parse_thread_stat(std::string_view stat, long ticks_per_second) {
  ThreadTimes times;
  const auto at = stat.rfind(')');
  if (at == std::string_view::npos) return times;
  std::istringstream words{std::string{stat.substr(at + 1)}};
  std::string state;
  std::int64_t skipped = 0;
  std::uint64_t children_minor = 0, children_major = 0, user = 0, system = 0;
  words >> state;
  for (int i = 0; i < 6; ++i) words >> skipped;  // ppid pgrp session tty tpgid flags
  words >> times.minor_faults >> children_minor >> times.major_faults >> children_major >> user >> system;
  times.known = !words.fail() && ticks_per_second > 0;
  if (times.known) {
    times.cpu_ns = static_cast<std::int64_t>(static_cast<double>(user + system) * 1e9 /
                                             static_cast<double>(ticks_per_second));
  }
  return times;
}

ThreadTimes read_thread_times(int pid, std::uint32_t tid) {
  const std::string folder = fmt::format("/proc/{}/task/{}/", pid, tid);
  ThreadTimes times = parse_thread_stat(read_text(folder + "stat"), sysconf(_SC_CLK_TCK));
  // In nanoseconds where the kernel tells, not in ticks of 10 ms.
  std::int64_t cpu_ns = 0;
  if (std::istringstream{read_text(folder + "schedstat")} >> cpu_ns) times.cpu_ns = cpu_ns;
  return times;
}

std::vector<ThreadLook> look_at_threads(const std::vector<HostPage>& pages) {
  std::vector<ThreadLook> looks;
  for (const HostPage& host : pages) {
    if (host.process.ended) continue;
    for (std::size_t i = 0; i < tactus::used_workers(*host.page).size(); ++i)
      looks.push_back(look_at(host, i));
  }
  return looks;
}

std::vector<ThreadLoad> loads_between(const std::vector<ThreadLook>& before,
                                      const std::vector<ThreadLook>& after, double seconds) {
  std::vector<ThreadLoad> loads;
  for (const ThreadLook& now : after) {
    ThreadLoad load{now};
    const auto then = std::find_if(before.begin(), before.end(), [&](const ThreadLook& look) {
      return look.pid == now.pid && look.tid == now.tid;
    });
    if (then != before.end() && now.times.known && then->times.known && seconds > 0) {
      load.cpu_percent = static_cast<double>(now.times.cpu_ns - then->times.cpu_ns) * 1e-7 / seconds;
      load.minor_faults = now.times.minor_faults - then->times.minor_faults;
      load.major_faults = now.times.major_faults - then->times.major_faults;
      load.passes_per_second = static_cast<double>(now.passes - then->passes) / seconds;
    }
    loads.push_back(std::move(load));
  }
  std::stable_sort(loads.begin(), loads.end(), [](const ThreadLoad& one, const ThreadLoad& other) {
    return one.cpu_percent > other.cpu_percent;
  });
  return loads;
}

std::string cpus_text(const tactus::WorkerCounters& worker) {
  std::string text;
  const int count = static_cast<int>(worker.cpus.size()) * 64;
  const auto has = [&](int cpu) {
    return cpu < count && ((worker.cpus[static_cast<std::size_t>(cpu / 64)].load() >> (cpu % 64)) & 1U) != 0;
  };
  for (int cpu = 0; cpu < count; ++cpu) {
    if (!has(cpu)) continue;
    int last = cpu;
    while (has(last + 1)) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", cpu);
    if (last > cpu) text += fmt::format("-{}", last);
    cpu = last;
  }
  return text.empty() ? "-" : text;
}

}  // namespace rtctl
