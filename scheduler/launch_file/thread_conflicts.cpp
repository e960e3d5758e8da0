// SPDX-License-Identifier: Apache-2.0
#include "thread_conflicts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

namespace tactus::launch_file {
namespace {

bool is_realtime(const PlannedThread& thread) { return thread.thread.policy != ThreadPolicy::kOther; }

/// The one CPU a thread may use; nothing when it has a choice.
std::optional<int> only_cpu(const PlannedThread& thread) {
  const std::set<int> cpus{thread.thread.cpus.begin(), thread.thread.cpus.end()};
  return cpus.size() == 1 ? std::optional{*cpus.begin()} : std::nullopt;
}

bool may_use(const PlannedThread& thread, int cpu) {
  const auto& cpus = thread.thread.cpus;
  return cpus.empty() || std::ranges::find(cpus, cpu) != cpus.end();
}

/// Gives each spinning thread a CPU that it may use, as far as there are any (Kuhn's matching).
class Spinners {
 public:
  Spinners(std::vector<const PlannedThread*> threads, int cpus) : threads_{std::move(threads)}, cpus_{cpus} {}

  /// True when they can hold all CPUs at once.
  bool hold_every_cpu() {
    for (std::size_t thread = 0; thread < threads_.size(); ++thread) {
      std::set<int> tried;
      place(thread, tried);
    }
    return static_cast<int>(thread_of_.size()) == cpus_;
  }

 private:
  bool place(std::size_t thread, std::set<int>& tried) {
    for (int cpu = 0; cpu < cpus_; ++cpu) {
      if (!may_use(*threads_[thread], cpu) || !tried.insert(cpu).second) continue;
      const auto taken = thread_of_.find(cpu);
      if (taken != thread_of_.end() && !place(taken->second, tried)) continue;
      thread_of_[cpu] = thread;
      return true;
    }
    return false;
  }
  std::vector<const PlannedThread*> threads_;
  int cpus_;
  std::map<int, std::size_t> thread_of_;
};

void check_spinners(const std::vector<PlannedThread>& threads, int cpus, ThreadFindings& found) {
  std::map<std::string, std::vector<const PlannedThread*>> by_host;
  for (const auto& thread : threads)
    if (thread.spins) by_host[thread.host].push_back(&thread);
  for (const auto& [host, spinners] : by_host) {
    if (!Spinners{spinners, cpus}.hold_every_cpu()) continue;
    std::vector<std::string> names;
    for (const auto* thread : spinners) names.push_back(thread->what);
    found.errors.push_back(
        {spinners.back()->at,
         fmt::format(
             "an executor spins on every CPU of this machine ({}; {}): nothing is left for those they "
             "wait for; set wait: block for one, or keep them to fewer cpus:",
             cpus == 1 ? "1 CPU" : fmt::format("{} CPUs", cpus), fmt::join(names, ", "))});
  }
}

void check_spinning_beside_publisher(const PlannedThread& spinner, const PlannedThread& publisher,
                                     ThreadFindings& found) {
  const auto cpu = only_cpu(spinner);
  if (!spinner.spins || !is_realtime(spinner) || !cpu || only_cpu(publisher) != cpu) return;
  const auto topic = std::ranges::find_if(
      spinner.waits_for, [&](const std::string& name) { return publisher.publishes.contains(name); });
  if (topic == spinner.waits_for.end()) return;
  found.errors.push_back(
      {spinner.at,
       fmt::format("{} spins on CPU {}, where {} (line {}) publishes {}, which it waits for: it keeps "
                   "its publisher from running; set wait: block, or another CPU in cpus:",
                   spinner.what, *cpu, publisher.what, publisher.at.line, *topic)});
}

void check_same_place(const PlannedThread& first, const PlannedThread& second, ThreadFindings& found) {
  const auto cpu = only_cpu(first);
  if (!is_realtime(first) || !is_realtime(second) || !cpu || only_cpu(second) != cpu) return;
  if (first.thread.priority != second.thread.priority) return;
  const bool sliced =
      first.thread.policy == ThreadPolicy::kRoundRobin && second.thread.policy == ThreadPolicy::kRoundRobin;
  found.warnings.push_back(
      {second.at,
       fmt::format(
           "{} wants CPU {} at priority {}, as {} (line {}) does: {}; give one of them another priority",
           second.what, *cpu, second.thread.priority, first.what, first.at.line,
           sliced ? "they take turns of 100 ms"
                  : "who is ready first runs until it waits, the other comes late by that (counted "
                    "as misses)")});
}

}  // namespace

ThreadFindings find_thread_conflicts(const std::vector<PlannedThread>& threads, int cpus) {
  ThreadFindings found;
  check_spinners(threads, cpus, found);
  for (std::size_t i = 0; i < threads.size(); ++i) {
    for (std::size_t j = 0; j < threads.size(); ++j) {
      if (i == j || threads[i].host != threads[j].host) continue;
      check_spinning_beside_publisher(threads[i], threads[j], found);
      if (i < j) check_same_place(threads[i], threads[j], found);
    }
  }
  return found;
}

}  // namespace tactus::launch_file
