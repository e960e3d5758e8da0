// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "document.hpp"
#include "tactus/middleware/names.hpp"

namespace tactus::launch_file {
namespace {

const ProcessEntry* find_process(const Document& document, const std::string& name) {
  const auto found = std::ranges::find(document.processes, name, &ProcessEntry::name);
  return found == document.processes.end() ? nullptr : &*found;
}

/// Where something waits for something else: a process for a process, a thread for a thread.
class Order {
 public:
  void add(const std::string& later, const std::string& earlier, const Location& at) {
    after_[later].emplace(earlier, at);
  }
  /// Names that wait for each other, the first again at the end; empty: none do.
  [[nodiscard]] std::vector<std::string> cycle() {
    std::vector<std::string> names;
    for (const auto& [name, earlier] : after_) names.push_back(name);
    for (const auto& name : names) {
      if (visit(name)) return path_;
    }
    return {};
  }
  [[nodiscard]] const Location& at(const std::string& later, const std::string& earlier) const {
    return after_.at(later).at(earlier);
  }

 private:
  /// True when the way from here leads back to itself: it is the path then.
  bool visit(const std::string& name) {
    if (const auto begin = std::ranges::find(path_, name); begin != path_.end()) {
      path_.erase(path_.begin(), begin);
      path_.push_back(name);
      return true;
    }
    if (!done_.insert(name).second) return false;
    path_.push_back(name);
    for (const auto& [earlier, at] : after_[name]) {
      if (visit(earlier)) return true;
    }
    path_.pop_back();
    return false;
  }

  std::map<std::string, std::map<std::string, Location>> after_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
};

std::string thread_of(const PlannedNode& node) {
  const bool loops = node.host.trigger.kind == TriggerKind::kSelfLooping;
  return loops ? node.host.settings.name : fmt::format("executor {}", node.host.executor);
}

class StartOrder {
 public:
  StartOrder(const Document& document, LaunchPlan& plan, std::vector<Diagnostic>& diagnostics)
      : document_{document}, plan_{plan}, diagnostics_{diagnostics} {}

  void resolve() {
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      for (const auto& name : document_.nodes[i].start_after) add(i, name);
    }
    refuse_cycle(processes_, "process");
    refuse_cycle(threads_, "thread");
  }

 private:
  void add(std::size_t node, const Located<std::string>& name) {
    PlannedNode& later = plan_.nodes[node];
    std::vector<std::string> known;
    const PlannedNode* earlier = nullptr;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      const std::string& full = plan_.nodes[i].host.settings.name;
      if (i != node) known.push_back(document_.nodes[i].name);
      if (full == name.value || document_.nodes[i].name == name.value) earlier = &plan_.nodes[i];
    }
    const std::string& who = document_.nodes[node].name;
    if (earlier == nullptr) {
      return error(name.at, fmt::format("start_after of node '{}': there is no node '{}'{}", who, name.value,
                                        did_you_mean(name.value, known)));
    }
    if (earlier == &later) return error(name.at, fmt::format("node '{}' cannot start after itself", who));
    later.host.start_after.push_back(earlier->host.settings.name);
    if (earlier->process != later.process) return processes_.add(later.process, earlier->process, name.at);
    if (thread_of(*earlier) != thread_of(later))
      return threads_.add(thread_of(later), thread_of(*earlier), name.at);
    error(name.at, fmt::format("nodes '{}' and '{}' are on one executor, which starts its nodes in the order "
                               "in which it calls them: its order: sets it",
                               who, name.value));
  }

  void refuse_cycle(Order& order, const char* what) {
    const auto cycle = order.cycle();
    if (cycle.empty()) return;
    error(order.at(cycle[0], cycle[1]),
          fmt::format("start_after: each {} of {} waits for the next: none would start", what,
                      fmt::join(cycle, " -> ")));
  }
  void error(const Location& at, std::string message) { diagnostics_.push_back({at, std::move(message)}); }

  const Document& document_;
  LaunchPlan& plan_;
  std::vector<Diagnostic>& diagnostics_;
  Order processes_;
  Order threads_;
};

}  // namespace

void supervise_nodes(const Document& document, LaunchPlan& plan, std::vector<Diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    const NodeEntryText& entry = document.nodes[i];
    HostNode& node = plan.nodes[i].host;
    const ProcessEntry* process = find_process(document, plan.nodes[i].process);
    if (entry.restart)
      node.restart = *entry.restart;
    else if (entry.ends_launch)
      node.restart.when = RestartWhen::kNever;
    if (entry.hang_after_ns)
      node.hang_after_ns = *entry.hang_after_ns;
    else if (process != nullptr && process->hang_after_ns)
      node.hang_after_ns = *process->hang_after_ns;
  }
  StartOrder{document, plan, diagnostics}.resolve();
}

void supervise_processes(const Document& document, LaunchPlan& plan) {
  for (HostSettings& settings : plan.processes) {
    const bool ends_launch = std::ranges::any_of(plan.nodes, [&](const PlannedNode& node) {
      return node.host.ends_launch && node.process == settings.process;
    });
    if (ends_launch) settings.supervision.restart.when = RestartWhen::kNever;
    const ProcessEntry* entry = find_process(document, settings.process);
    if (entry == nullptr) continue;
    if (entry->restart) settings.supervision.restart = *entry->restart;
    if (entry->stop_within_ns) settings.supervision.stop_within_ns = *entry->stop_within_ns;
    settings.supervision.essential = entry->essential;
  }
}

}  // namespace tactus::launch_file
