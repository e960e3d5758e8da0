// SPDX-License-Identifier: Apache-2.0
#include "schedule.hpp"

#include <algorithm>
#include <limits>

#include "tactus/middleware/time.hpp"

namespace tactus {

Missed judge(const NodeRules& rules, const Release& release, std::int64_t ended_ns, std::int64_t run_ns) {
  return {.deadline =
              rules.deadline_ns > 0 && clamped_difference(ended_ns, release.released_ns) > rules.deadline_ns,
          .budget = rules.budget_ns > 0 && run_ns > rules.budget_ns};
}

Schedule::Schedule(const std::vector<NodeRules>& nodes) {
  nodes_.reserve(nodes.size());
  for (const NodeRules& rules : nodes) {
    Node& node = nodes_.emplace_back();
    node.rules = rules;
    const Trigger& trigger = rules.trigger;
    node.stamps_ns.resize(trigger.topics.size());
    if (trigger.kind == TriggerKind::kCoroutine) node.wake_ns = std::numeric_limits<std::int64_t>::min();
    if (trigger.kind != TriggerKind::kEvery) continue;
    const bool catches_up = trigger.on_overrun == OnOverrun::kCatchUp;
    node.grid.emplace(trigger.period_ns, trigger.offset_ns, catches_up ? kMostReleasesPerPass - 1 : 0);
  }
  current_ = nodes_.size();
}

void Schedule::set_running(std::size_t node, bool running, std::int64_t now_ns) {
  Node& changed = nodes_[node];
  if (running && !changed.running && changed.grid) changed.grid->start(now_ns);
  changed.running = running;
}

void Schedule::begin_pass(std::int64_t now_ns) {
  now_ns_ = now_ns;
  current_ = served_ = 0;
}

const Release* Schedule::next(Arrivals& arrivals) {
  for (; current_ < nodes_.size(); ++current_, served_ = 0) {
    if (!nodes_[current_].running || served_ == kMostReleasesPerPass) continue;
    if (served_ > 0 && !may_be_due_again(current_, arrivals)) continue;
    if (!due(current_, arrivals)) continue;
    ++served_;
    return &release_;
  }
  return nullptr;
}

/// Costs much less than due().
bool Schedule::may_be_due_again(std::size_t node, const Arrivals& arrivals) const {
  return nodes_[node].stamps_ns.empty() || all_wait(node, arrivals);
}

bool Schedule::all_wait(std::size_t node, const Arrivals& arrivals) const {
  for (std::size_t input = 0; input < nodes_[node].stamps_ns.size(); ++input) {
    if (!arrivals.any(node, input)) return false;
  }
  return true;
}

bool Schedule::due(std::size_t node, Arrivals& arrivals) {
  if (nodes_[node].rules.trigger.kind == TriggerKind::kCoroutine) return wake(node, arrivals);
  auto& grid = nodes_[node].grid;
  if (!grid) return complete_set(node, arrivals);
  const auto tick = grid->take(now_ns_);
  if (tick) release_ = {node, tick->instant_ns, tick->skipped};
  return tick.has_value();
}

bool Schedule::wake(std::size_t node, Arrivals& arrivals) {
  const std::int64_t wake_ns = nodes_[node].wake_ns;
  const auto published_ns = arrivals.awaited(node);
  if (wake_ns > now_ns_ && !published_ns) return false;
  const bool begins = wake_ns == std::numeric_limits<std::int64_t>::min();
  release_ = {node, begins ? now_ns_ : std::min(wake_ns, published_ns.value_or(kNever)), 0};
  return true;
}

bool Schedule::complete_set(std::size_t node, Arrivals& arrivals) {
  auto& stamps_ns = nodes_[node].stamps_ns;
  if (stamps_ns.empty()) return false;
  for (;;) {
    release_ = {node, std::numeric_limits<std::int64_t>::min(), 0};
    for (std::size_t input = 0; input < stamps_ns.size(); ++input) {
      const auto oldest = arrivals.oldest(node, input);
      if (!oldest) return false;
      stamps_ns[input] = oldest->stamp_ns;
      release_.released_ns = std::max(release_.released_ns, oldest->published_ns);
    }
    const Match match = match_stamps(stamps_ns, nodes_[node].rules.trigger.tolerance_ns);
    if (match.matched) return true;
    arrivals.discard(node, match.discard);
  }
}

bool Schedule::waiting(const Arrivals& arrivals) const {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node].running) continue;
    const bool awaits = nodes_[node].rules.trigger.kind == TriggerKind::kCoroutine;
    if (awaits && arrivals.any_awaited(node)) return true;
    if (!nodes_[node].stamps_ns.empty() && all_wait(node, arrivals)) return true;
  }
  return false;
}

std::int64_t Schedule::next_ns() const {
  std::int64_t next = kNever;
  for (std::size_t node = 0; node < nodes_.size(); ++node) next = std::min(next, next_ns(node));
  return next;
}

std::int64_t Schedule::next_ns(std::size_t node) const {
  const Node& asked = nodes_[node];
  if (!asked.running) return kNever;
  return asked.grid ? asked.grid->next_ns() : asked.wake_ns;
}

}  // namespace tactus
