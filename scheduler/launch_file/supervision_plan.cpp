// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "planner.hpp"
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
  explicit StartOrder(Draft& draft) : draft_{draft}, nodes_{draft.plan.nodes} {}

  void resolve() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (const auto& name : draft_.document.nodes[i].start_after) add(i, name);
    }
    refuse_cycle(processes_, "process");
    refuse_cycle(threads_, "thread");
  }

 private:
  void add(std::size_t node, const Located<std::string>& name) {
    PlannedNode& later = nodes_[node];
    std::vector<std::string> known;
    const PlannedNode* earlier = nullptr;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::string& full = nodes_[i].host.settings.name;
      if (i != node) known.push_back(draft_.document.nodes[i].name);
      if (full == name.value || draft_.document.nodes[i].name == name.value) earlier = &nodes_[i];
    }
    const std::string& who = draft_.document.nodes[node].name;
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
  void error(const Location& at, std::string message) { draft_.error(at, std::move(message)); }

  Draft& draft_;
  std::vector<PlannedNode>& nodes_;
  Order processes_;
  Order threads_;
};

}  // namespace

void supervise_nodes(Draft& draft) {
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) {
    const NodeEntryText& entry = draft.document.nodes[i];
    HostNode& node = draft.plan.nodes[i].host;
    const ProcessEntry* process = find_process(draft.document, draft.plan.nodes[i].process);
    if (entry.restart)
      node.restart = *entry.restart;
    else if (entry.ends_launch)
      node.restart.when = RestartWhen::kNever;
    if (entry.hang_after_ns)
      node.hang_after_ns = *entry.hang_after_ns;
    else if (process != nullptr && process->hang_after_ns)
      node.hang_after_ns = *process->hang_after_ns;
  }
  StartOrder{draft}.resolve();
}

void supervise_processes(Draft& draft) {
  for (HostSettings& settings : draft.plan.processes) {
    const bool ends_launch = std::ranges::any_of(draft.plan.nodes, [&](const PlannedNode& node) {
      return node.host.ends_launch && node.process == settings.process;
    });
    if (ends_launch) settings.supervision.restart.when = RestartWhen::kNever;
    const ProcessEntry* entry = find_process(draft.document, settings.process);
    if (entry == nullptr) continue;
    if (entry->restart) settings.supervision.restart = *entry->restart;
    if (entry->stop_within_ns) settings.supervision.stop_within_ns = *entry->stop_within_ns;
    settings.supervision.essential = entry->essential;
  }
}

}  // namespace tactus::launch_file
