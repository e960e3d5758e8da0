// SPDX-License-Identifier: Apache-2.0
#include "misses.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace tactus {
namespace {

/// Which of two threads runs first on one CPU.
int rank_of(const FlightThread& thread) { return thread.policy == SCHED_OTHER ? 0 : thread.priority; }

std::int64_t overlap(const FlightCall& call, std::int64_t from_ns, std::int64_t to_ns) {
  return std::max<std::int64_t>(0, std::min(call.end_ns, to_ns) - std::max(call.start_ns, from_ns));
}

using Caller = std::pair<std::size_t, std::size_t>;
Caller caller_of(const FlightCall& call) { return {call.process, call.thread}; }

/// Of one kind and node: how much of the victim's time, and its longest call in it.
struct Part {
  std::int64_t took_ns = 0, longest_ns = 0;
  const FlightCall* call = nullptr;
  void add(const FlightCall& other, std::int64_t ns) {
    if (ns <= 0) return;
    took_ns += ns;
    if (ns > std::exchange(longest_ns, std::max(longest_ns, ns))) call = &other;
  }
};

class Diagnosis {
 public:
  explicit Diagnosis(const std::vector<FlightProcess>& processes)
      : processes_{processes}, calls_{flight_calls(processes)} {
    for (const FlightCall& call : calls_) longest_ns_ = std::max(longest_ns_, call.end_ns - call.start_ns);
    find_publications();
    find_starts();
  }

  std::vector<Miss> misses() {
    for (const FlightCall& call : calls_) look_at(call);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.miss.when_ns < b.miss.when_ns; });
    std::vector<Miss> all;
    for (Found& found : found_) {
      for (const Found& other : found_) {
        if (other.victim != found.victim && other.culprit == found.victim)
          append(found.miss, other.miss.node);
      }
      all.push_back(found.miss);
    }
    return all;
  }

 private:
  struct Found {
    Miss miss;
    const FlightCall* victim = nullptr;
    const FlightCall* culprit = nullptr;
  };

  static void append(Miss& miss, const std::string& node) {
    if (std::find(miss.also_hit.begin(), miss.also_hit.end(), node) == miss.also_hit.end())
      miss.also_hit.push_back(node);
  }
  [[nodiscard]] const FlightThread& thread_of(const FlightCall& call) const {
    return processes_[call.process].threads[call.thread];
  }
  [[nodiscard]] FlightNode node_of(const FlightCall& call) const {
    const auto& nodes = processes_[call.process].nodes;
    return call.node < nodes.size() ? nodes[call.node] : FlightNode{fmt::format("node {}", call.node)};
  }

  void look_at(const FlightCall& call) {
    if (call.skipped > 0) add_skip(call);
    if (!call.finished) return;
    const FlightNode node = node_of(call);
    if ((call.outcome & kFlightFaulted) != 0) {
      add(call, MissKind::kFault, 0, own(call, call.end_ns - call.start_ns));
    } else if ((call.outcome & kFlightDeadlineMissed) != 0) {
      add(call, MissKind::kDeadline, call.end_ns - call.due_ns - node.deadline_ns,
          culprit_of(call, call.due_ns, call.end_ns));
    } else if ((call.outcome & kFlightOverBudget) != 0) {
      const std::int64_t by_ns = call.end_ns - call.start_ns - node.budget_ns;
      Culprit culprit = culprit_of(call, call.start_ns, call.end_ns);
      if (culprit.kind != CulpritKind::kPreemption || culprit.took_ns < by_ns) culprit = own(call, by_ns);
      add(call, MissKind::kBudget, by_ns, culprit);
    }
  }

  void add_skip(const FlightCall& call) {
    const FlightNode node = node_of(call);
    const auto instants = static_cast<std::int64_t>(std::min<std::uint64_t>(call.skipped, 1'000'000));
    const std::int64_t from_ns = call.start_ns - std::max<std::int64_t>(node.period_ns, 1) * instants;
    add(call, MissKind::kSkipped, call.start_ns - call.due_ns, culprit_of(call, from_ns, call.start_ns));
    found_.back().miss.when_ns = call.start_ns;
    found_.back().miss.count = call.skipped;
  }

  void add(const FlightCall& call, MissKind kind, std::int64_t by_ns, Culprit culprit) {
    Miss miss;
    miss.kind = kind;
    miss.node = node_of(call).name;
    miss.thread = thread_of(call).name;
    miss.process = processes_[call.process].name;
    miss.cycle = call.cycle;
    miss.when_ns = call.end_ns;
    miss.by_ns = by_ns;
    miss.culprit = std::move(culprit);
    miss.late_input = late_input(call);
    found_.push_back({std::move(miss), &call, std::exchange(culprit_, nullptr)});
  }

  Culprit own(const FlightCall& call, std::int64_t took_ns) {
    return told(CulpritKind::kOwnRunTime, call, took_ns);
  }
  Culprit told(CulpritKind kind, const FlightCall& call, std::int64_t took_ns) {
    culprit_ = &call;
    return {kind,
            node_of(call).name,
            thread_of(call).name,
            call.cycle,
            took_ns,
            (call.outcome & kFlightOverBudget) != 0};
  }

  /// What filled the time from `from_ns` to `to_ns`, which ends with the call or just before it.
  Culprit culprit_of(const FlightCall& victim, std::int64_t from_ns, std::int64_t to_ns) {
    std::map<std::pair<Caller, std::size_t>, Part> earlier, preempting;
    std::int64_t before_ns = 0, instead_ns = 0;
    const std::int64_t start_ns = std::min(victim.start_ns, to_ns);
    for_each_call_in(from_ns, to_ns, [&](const FlightCall& other) {
      if (&other == &victim) return;
      const auto key = std::pair{caller_of(other), other.node};
      if (caller_of(other) == caller_of(victim)) {
        before_ns += overlap(other, from_ns, start_ns);
        earlier[key].add(other, overlap(other, from_ns, start_ns));
      } else if (other.cpu == victim.cpu) {
        const std::int64_t ns = runs_instead(other, victim, from_ns, start_ns, to_ns);
        instead_ns += ns;
        preempting[key].add(other, ns);
      }
    });
    const std::int64_t ran_ns = std::max<std::int64_t>(0, to_ns - start_ns);
    const std::int64_t waited_ns = start_ns - from_ns - before_ns - instead_ns;
    if (const std::int64_t ns = before_start_ns(victim, from_ns); 2 * ns > to_ns - from_ns) {
      culprit_ = nullptr;
      return {CulpritKind::kStart, {}, thread_of(victim).name, victim.cycle, ns, false};
    }
    return largest(victim, ran_ns, waited_ns, earlier, preempting);
  }

  /// How long `other` had the CPU that the victim's thread wanted: while that waited for its start without
  /// calling anybody, or was in the call.
  [[nodiscard]] std::int64_t runs_instead(const FlightCall& other, const FlightCall& victim,
                                          std::int64_t from_ns, std::int64_t start_ns,
                                          std::int64_t to_ns) const {
    const int mine = rank_of(thread_of(victim)), theirs = rank_of(thread_of(other));
    std::int64_t ns = 0;
    if (theirs >= mine) {
      ns += overlap(other, from_ns, start_ns);
      for_each_call_in(from_ns, start_ns, [&](const FlightCall& busy) {
        if (caller_of(busy) == caller_of(victim))
          ns -= overlap(busy, std::max(from_ns, other.start_ns), std::min(start_ns, other.end_ns));
      });
    }
    if (theirs > mine || (theirs == 0 && mine == 0)) ns += overlap(other, start_ns, to_ns);
    return std::max<std::int64_t>(0, ns);
  }

  using Parts = std::map<std::pair<Caller, std::size_t>, Part>;
  Culprit largest(const FlightCall& victim, std::int64_t ran_ns, std::int64_t waited_ns, const Parts& earlier,
                  const Parts& preempting) {
    std::int64_t in_call_ns = ran_ns;
    for (const auto& [key, part] : preempting) {
      if (part.call != nullptr) in_call_ns -= overlap(*part.call, victim.start_ns, victim.end_ns);
    }
    const std::int64_t budget_ns = node_of(victim).budget_ns;
    const std::int64_t most_ns = std::max<std::int64_t>(0, in_call_ns - budget_ns);
    Culprit culprit = own(victim, most_ns);
    for (const auto& [kind, parts] :
         {std::pair{CulpritKind::kEarlierNode, &earlier}, std::pair{CulpritKind::kPreemption, &preempting}}) {
      for (const auto& [key, part] : *parts) {
        if (part.took_ns > culprit.took_ns) culprit = told(kind, *part.call, part.took_ns);
      }
    }
    if (waited_ns <= culprit.took_ns) return culprit;
    culprit_ = nullptr;
    return {CulpritKind::kWakeUp, {}, thread_of(victim).name, victim.cycle, waited_ns, false};
  }

  /// In order of their starts: none that ends in the window begins longer before it than the longest lasts.
  template <typename Visit>
  void for_each_call_in(std::int64_t from_ns, std::int64_t to_ns, Visit&& visit) const {
    auto call = std::lower_bound(
        calls_.begin(), calls_.end(), from_ns - longest_ns_,
        [](const FlightCall& one, std::int64_t instant_ns) { return one.start_ns < instant_ns; });
    for (; call != calls_.end() && call->start_ns < to_ns; ++call) {
      if (call->end_ns > from_ns) visit(*call);
    }
  }

  /// When each node started last before a call of it; only starts that are still recorded.
  void find_starts() {
    for (const FlightCall& call : calls_)
      if (call.phase == NodePhase::kStart) started_[{caller_of(call), call.node}].push_back(call.end_ns);
  }
  /// From when it was due until its node had started; 0 when that was before.
  [[nodiscard]] std::int64_t before_start_ns(const FlightCall& victim, std::int64_t from_ns) const {
    const auto starts = started_.find({caller_of(victim), victim.node});
    if (starts == started_.end()) return 0;
    const auto after = std::upper_bound(starts->second.begin(), starts->second.end(), victim.start_ns);
    return after == starts->second.begin() ? 0 : std::max<std::int64_t>(0, *(after - 1) - from_ns);
  }

  /// Which call published a message, of calls that missed something: only those are looked for.
  void find_publications() {
    for (const FlightCall& call : calls_) {
      if (call.outcome == 0 || !call.finished) continue;
      const FlightProcess& process = processes_[call.process];
      for (const FlightRecord& record : process.threads[call.thread].records) {
        if (record.kind != FlightKind::kPublish || record.node != call.node) continue;
        if (record.when_ns < call.start_ns || record.when_ns > call.end_ns) continue;
        if (record.endpoint >= process.endpoints.size()) continue;
        const FlightEndpoint& endpoint = process.endpoints[record.endpoint];
        late_publications_[{endpoint.id, record.a}] = {endpoint.topic, node_of(call).name, call.cycle};
      }
    }
  }

  [[nodiscard]] std::optional<LateInput> late_input(const FlightCall& call) const {
    for (const MessageKey& message : call.taken) {
      if (const auto late = late_publications_.find(message); late != late_publications_.end())
        return late->second;
    }
    return std::nullopt;
  }

  const std::vector<FlightProcess>& processes_;
  std::vector<FlightCall> calls_;
  std::int64_t longest_ns_ = 0;
  std::map<MessageKey, LateInput> late_publications_;
  std::map<std::pair<Caller, std::size_t>, std::vector<std::int64_t>> started_;  ///< by node: ends of start()
  std::vector<Found> found_;
  const FlightCall* culprit_ = nullptr;  ///< the call of the culprit that was told last
};

std::string duration(std::int64_t ns) {
  if (ns >= 1'000'000) return fmt::format("{:.1f} ms", static_cast<double>(ns) * 1e-6);
  return fmt::format("{:.1f} us", static_cast<double>(ns) * 1e-3);
}

std::string what(const Miss& miss) {
  switch (miss.kind) {
    case MissKind::kDeadline:
      return fmt::format("{} missed its deadline by {}", miss.node, duration(miss.by_ns));
    case MissKind::kBudget:
      return fmt::format("{} ran {} over its budget", miss.node, duration(miss.by_ns));
    case MissKind::kSkipped:
      return fmt::format("{} left out {} release{}", miss.node, miss.count, miss.count == 1 ? "" : "s");
    default:
      return fmt::format("{} faulted", miss.node);
  }
}

std::string why(const Miss& miss) {
  const Culprit& culprit = miss.culprit;
  const char* over = culprit.over_budget ? ", over its budget" : "";
  switch (culprit.kind) {
    case CulpritKind::kOwnRunTime:
      return miss.kind == MissKind::kDeadline
                 ? fmt::format("its own run time ({}{})", duration(culprit.took_ns), over)
                 : "its own run time";
    case CulpritKind::kEarlierNode:
      return fmt::format("{}, which '{}' called first (cycle {}, {}{})", culprit.node, culprit.thread,
                         culprit.cycle, duration(culprit.took_ns), over);
    case CulpritKind::kPreemption:
      return fmt::format("{} on '{}', which ran there instead (cycle {}, {}{})", culprit.node, culprit.thread,
                         culprit.cycle, duration(culprit.took_ns), over);
    case CulpritKind::kStart:
      return fmt::format("it was due {} before '{}' had started it (start_after: lets its publisher wait)",
                         duration(culprit.took_ns), culprit.thread);
    default:
      return fmt::format("the machine woke '{}' late ({})", culprit.thread, duration(culprit.took_ns));
  }
}

}  // namespace

const char* to_text(MissKind kind) noexcept {
  constexpr std::array kNames{"deadline", "budget", "skipped", "fault"};
  return kNames.at(static_cast<std::size_t>(kind));
}

const char* to_text(CulpritKind kind) noexcept {
  constexpr std::array kNames{"own run time", "earlier node", "preemption", "wake-up", "start"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<Miss> find_misses(const std::vector<FlightProcess>& processes) {
  return Diagnosis{processes}.misses();
}

std::string to_text(const Miss& miss) {
  std::string text = fmt::format("{} in cycle {}: {}", what(miss), miss.cycle, why(miss));
  if (miss.late_input) {
    text += fmt::format("; its input {} came late from {} (cycle {})", miss.late_input->topic,
                        miss.late_input->node, miss.late_input->cycle);
  }
  if (!miss.also_hit.empty()) text += fmt::format("; also hit: {}", fmt::join(miss.also_hit, ", "));
  return text;
}

}  // namespace tactus
