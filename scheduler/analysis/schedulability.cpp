// SPDX-License-Identifier: Apache-2.0
#include "schedulability.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace tactus {
namespace {

constexpr std::int64_t kForeverNs = 3'600'000'000'000;  // what takes an hour never ends
constexpr int kRounds = 100;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string ms(std::int64_t ns) { return fmt::format("{:.3f} ms", static_cast<double>(ns) * 1e-6); }

class Analysis {
 public:
  explicit Analysis(const Load& load)
      : load_{load},
        periods_(load.nodes.size()),
        responses_(load.nodes.size()),
        jitters_(load.nodes.size()) {}

  Schedulability run() {
    find_periods();
    find_responses();
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) result_.nodes.push_back(judge(i));
    find_utilisations();
    for (const LoadChain& chain : load_.chains) result_.chains.push_back(bound_of(chain));
    conclude();
    return result_;
  }

 private:
  [[nodiscard]] const LoadThread& thread_of(std::size_t node) const {
    return load_.threads[load_.nodes[node].thread];
  }
  /// CPUs that a thread may run on.
  [[nodiscard]] std::vector<int> cpus_of(const LoadThread& thread) const {
    if (!thread.cpus.empty()) return thread.cpus;
    std::vector<int> all;
    for (std::size_t cpu = 0; cpu < load_.cpus; ++cpu) all.push_back(static_cast<int>(cpu));
    return all;
  }
  [[nodiscard]] bool share_a_cpu(const LoadThread& one, const LoadThread& other) const {
    const auto mine = cpus_of(one), theirs = cpus_of(other);
    return std::any_of(mine.begin(), mine.end(), [&](int cpu) { return contains(theirs, cpu); });
  }
  [[nodiscard]] bool known(std::size_t node) const {
    return load_.nodes[node].budget_ns > 0 && periods_[node] > 0;
  }

  /// Of a node called by messages: that of who publishes them. Rates add up on a topic; the slowest topic
  /// decides for `on_all`.
  void find_periods() {
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) periods_[i] = load_.nodes[i].period_ns;
    for (std::size_t round = 0; round < load_.nodes.size(); ++round) {
      for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
        if (periods_[i] == 0) periods_[i] = period_from_triggers(load_.nodes[i]);
      }
    }
  }

  [[nodiscard]] std::int64_t period_from_triggers(const LoadNode& node) const {
    std::int64_t slowest = 0, fastest = 0;
    for (const std::string& topic : node.triggers) {
      const std::int64_t period_ns = period_of(topic);
      if (period_ns == 0) return 0;
      slowest = std::max(slowest, period_ns);
      fastest = fastest == 0 ? period_ns : std::min(fastest, period_ns);
    }
    return node.all_triggers ? slowest : fastest;
  }

  [[nodiscard]] std::int64_t period_of(const std::string& topic) const {
    double hz = 0;
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
      if (!contains(load_.nodes[i].publishes, topic)) continue;
      if (periods_[i] == 0) return rate_of(topic);
      hz += 1e9 / static_cast<double>(periods_[i]);
    }
    return hz == 0 ? rate_of(topic) : static_cast<std::int64_t>(std::floor(1e9 / hz));
  }
  [[nodiscard]] std::int64_t rate_of(const std::string& topic) const {
    for (const LoadRate& rate : load_.rates) {
      if (rate.topic == topic && rate.most_hz > 0) return static_cast<std::int64_t>(1e9 / rate.most_hz);
    }
    return 0;
  }

  /// Responses depend on how late messages come, which depends on responses: again until nothing changes.
  void find_responses() {
    for (int round = 0; round < kRounds; ++round) {
      bool changed = false;
      for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
        const std::int64_t response_ns = response_of(i);
        const std::int64_t jitter_ns = jitter_of(i);
        changed |= response_ns != responses_[i] || jitter_ns != jitters_[i];
        responses_[i] = response_ns;
        jitters_[i] = jitter_ns;
      }
      if (!changed) return;
    }
  }

  /// By how much a release may come late after the instant of the grid that caused it.
  [[nodiscard]] std::int64_t jitter_of(std::size_t node) const {
    std::int64_t most = 0;
    for (const std::size_t source : callers_of(node))
      most = std::max(most, std::min(kForeverNs, jitters_[source] + responses_[source]));
    return most;
  }

  /// Nodes whose messages call it.
  [[nodiscard]] std::vector<std::size_t> callers_of(std::size_t node) const {
    std::vector<std::size_t> callers;
    for (const std::string& topic : load_.nodes[node].triggers) {
      for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
        if (i != node && contains(load_.nodes[i].publishes, topic)) callers.push_back(i);
      }
    }
    return callers;
  }

  /// From the release to the end; 0 when something that it depends on is not declared.
  [[nodiscard]] std::int64_t response_of(std::size_t node) const {
    if (!problem_of(node).empty()) return 0;
    const std::int64_t alone_ns = pass_time(node);
    const auto cpus = static_cast<std::int64_t>(parallel_cpus(thread_of(node)));
    std::int64_t response_ns = alone_ns;
    while (response_ns < kForeverNs) {
      const std::int64_t next_ns = alone_ns + interference(node, response_ns, cpus) / cpus;
      if (next_ns <= response_ns) return response_ns;
      response_ns = next_ns;
    }
    return kForeverNs;
  }

  /// On how many CPUs the scheduler of the machine moves it at once when one is taken.
  [[nodiscard]] std::size_t parallel_cpus(const LoadThread& thread) const {
    return thread.rank == 0 ? 1 : cpus_of(thread).size();
  }

  /// What its own thread calls from the release to its end. A release that comes just after its turn waits
  /// for the rest of the pass, and then for what the next pass calls before it. One that an earlier node of
  /// the same pass causes joins that pass.
  [[nodiscard]] std::int64_t pass_time(std::size_t node) const {
    const std::size_t thread = load_.nodes[node].thread;
    const auto callers = callers_of(node);
    const bool joins = !callers.empty() && rate_is_own(node) &&
                       std::all_of(callers.begin(), callers.end(), [&](std::size_t caller) {
                         return load_.nodes[caller].thread == thread && caller < node;
                       });
    const std::size_t first = joins ? *std::min_element(callers.begin(), callers.end()) : 0;
    std::int64_t time_ns = 0;
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
      if (load_.nodes[i].thread != thread || (joins && (i < first || i > node))) continue;
      const std::int64_t times = joins || i >= node ? 1 : 2;
      time_ns += times * load_.nodes[i].budget_ns;
    }
    return time_ns;
  }
  /// Nobody outside of the analysis publishes what calls it.
  [[nodiscard]] bool rate_is_own(std::size_t node) const {
    return std::all_of(
        load_.nodes[node].triggers.begin(), load_.nodes[node].triggers.end(), [&](const std::string& topic) {
          return std::any_of(load_.nodes.begin(), load_.nodes.end(),
                             [&](const LoadNode& other) { return contains(other.publishes, topic); });
        });
  }

  /// What threads that run before this one take of the CPUs in `window_ns`. On several CPUs one call of each
  /// may reach into the window.
  [[nodiscard]] std::int64_t interference(std::size_t node, std::int64_t window_ns, std::int64_t cpus) const {
    std::int64_t sum_ns = 0;
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
      if (!interferes(load_.nodes[i].thread, load_.nodes[node].thread)) continue;
      const std::int64_t calls = ceil_div(window_ns + jitters_[i], periods_[i]) + (cpus > 1 ? 1 : 0);
      sum_ns += calls * load_.nodes[i].budget_ns;
    }
    return sum_ns;
  }
  [[nodiscard]] bool interferes(std::size_t other, std::size_t mine) const {
    return other != mine && load_.threads[other].rank >= load_.threads[mine].rank &&
           share_a_cpu(load_.threads[other], load_.threads[mine]);
  }

  /// What is not declared, so that nothing can be said about the node.
  [[nodiscard]] std::string problem_of(std::size_t node) const {
    const LoadNode& me = load_.nodes[node];
    if (thread_of(node).self_looping) return "it loops by itself: how much it runs is not declared";
    if (me.budget_ns == 0) return "it has no budget";
    if (periods_[node] == 0 && me.triggers.empty())
      return "how often it runs is not known: it waits by itself";
    if (periods_[node] == 0) {
      return fmt::format(
          "how often it is called is not known: nothing says the rate of {} (add it to expect:)",
          fmt::join(me.triggers, ", "));
    }
    for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
      const bool same = load_.nodes[i].thread == me.thread;
      if (known(i) || (!same && !interferes(load_.nodes[i].thread, me.thread))) continue;
      return fmt::format("{}, which {}, {}", load_.nodes[i].name,
                         same ? "its thread calls, too" : "runs before it on the same CPU",
                         thread_of(i).self_looping       ? "loops by itself"
                         : load_.nodes[i].budget_ns == 0 ? "has no budget"
                                                         : "has no known rate");
    }
    return {};
  }

  [[nodiscard]] NodeVerdict judge(std::size_t node) const {
    const LoadNode& me = load_.nodes[node];
    NodeVerdict verdict{me.name, Verdict::kUnknown, periods_[node], 0, responses_[node], problem_of(node)};
    verdict.limit_ns = me.deadline_ns > 0 ? me.deadline_ns : periods_[node];
    const LoadThread& thread = thread_of(node);
    if (thread.self_looping || (thread.rank == 0 && me.deadline_ns == 0)) {
      verdict.verdict = Verdict::kNoPromise;
      verdict.why = thread.self_looping ? "it loops by itself" : "no deadline, and policy other";
      return verdict;
    }
    if (!verdict.why.empty()) return verdict;
    verdict.verdict = Verdict::kNotSchedulable;
    if (responses_[node] >= kForeverNs)
      verdict.why = "its calls pile up without end: more work comes than its CPUs can do";
    else if (responses_[node] > verdict.limit_ns)
      verdict.why = fmt::format("it may take {} from its release to its end, {} is {}", ms(responses_[node]),
                                me.deadline_ns > 0 ? "its deadline" : "its period", ms(verdict.limit_ns));
    else if (responses_[node] > periods_[node])
      verdict.why = fmt::format("it may take {}, longer than its period of {}: calls pile up",
                                ms(responses_[node]), ms(periods_[node]));
    else
      verdict.verdict = Verdict::kSchedulable;
    return verdict;
  }

  void find_utilisations() {
    std::set<int> cpus;
    for (const LoadThread& thread : load_.threads) {
      for (const int cpu : cpus_of(thread)) cpus.insert(cpu);
    }
    for (const int cpu : cpus) {
      CpuLoad sum{cpu, 0};
      for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
        const auto mine = cpus_of(thread_of(i));
        if (!known(i) || !contains(mine, cpu)) continue;
        sum.utilisation += static_cast<double>(load_.nodes[i].budget_ns) / static_cast<double>(periods_[i]) /
                           static_cast<double>(mine.size());
      }
      result_.cpus.push_back(sum);
    }
  }

  /// Responses along the chain; who looks at its input by its own clock finds it up to a period old.
  [[nodiscard]] ChainBound bound_of(const LoadChain& chain) const {
    ChainBound bound{chain.name, 0, {}};
    const LoadNode* before = nullptr;
    for (const std::string& name : chain.nodes) {
      const auto found = std::find_if(load_.nodes.begin(), load_.nodes.end(),
                                      [&](const LoadNode& node) { return node.name == name; });
      if (found == load_.nodes.end())
        return {chain.name, 0, fmt::format("{} is not part of this launch", name)};
      const auto node = static_cast<std::size_t>(found - load_.nodes.begin());
      if (const std::string why = problem_of(node); !why.empty())
        return {chain.name, 0, fmt::format("{}: {}", name, why)};
      if (responses_[node] >= kForeverNs) return {chain.name, 0, fmt::format("{} is never done", name)};
      bound.bound_ns += responses_[node];
      if (before != nullptr && !called_by(*found, *before)) bound.bound_ns += periods_[node];
      before = &*found;
    }
    return bound;
  }
  static bool called_by(const LoadNode& node, const LoadNode& source) {
    return std::any_of(node.triggers.begin(), node.triggers.end(),
                       [&](const std::string& topic) { return contains(source.publishes, topic); }) &&
           !node.all_triggers;
  }

  /// What breaks it comes before what is not known.
  void conclude() {
    for (const Verdict wanted : {Verdict::kNotSchedulable, Verdict::kUnknown}) {
      for (std::size_t i = 0; i < load_.nodes.size(); ++i) {
        const NodeVerdict& node = result_.nodes[i];
        if (node.verdict != wanted) continue;
        result_.verdict = wanted;
        result_.first = node.node;
        result_.why = node.why;
        return;
      }
    }
    result_.verdict = Verdict::kSchedulable;
  }

  const Load& load_;
  std::vector<std::int64_t> periods_, responses_, jitters_;
  Schedulability result_;
};

}  // namespace

const char* to_text(Verdict verdict) noexcept {
  constexpr std::array kNames{"schedulable", "not schedulable", "unknown", "no promise"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Schedulability analyse(const Load& load) { return Analysis{load}.run(); }

}  // namespace tactus
