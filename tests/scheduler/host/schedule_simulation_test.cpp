// SPDX-License-Identifier: Apache-2.0
// Worlds drawn by lot around the scheduler's core: several executors, a graph between their nodes, and what
// goes wrong in the field: slow nodes, nodes that throw or never return, messages that get lost, come late or
// out of order, full queues, nodes that are paused and come back, clocks that jump ahead. What is promised is
// checked after every step. Runs the seeds of seeds.txt, those that failed before in this build, and a fixed
// set; TACTUS_SEED=N runs one, TACTUS_SEEDS=FIRST..LAST many (scripts/simulate).
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>

#include "random.hpp"
#include "schedule.hpp"
#include "seeds.hpp"

namespace tactus {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kEndNs = 2'000 * kMs;
constexpr std::size_t kQueue = 16;

struct Message {
  std::uint64_t id = 0;
  std::int64_t stamp_ns = 0;
  std::int64_t published_ns = 0;
};

/// A queue at an input that calls its node. Every message that ever came is in exactly one of the counts.
struct Queue {
  std::string topic;
  std::deque<Message> waiting;
  std::uint64_t came = 0, overwritten = 0, discarded = 0, taken = 0;
};

enum class Fate { kGood, kThrows, kNeverReturns };

struct SimulatedNode {
  NodeRules rules;
  std::vector<Queue> inputs;
  std::string output;
  std::int64_t work_ns = 0;
  Fate fate = Fate::kGood;
  std::uint64_t fails_at = 0;  ///< call
  bool slow_now_and_then = false;
  bool paused = false, faulted = false;

  std::uint64_t calls = 0, skipped = 0, late = 0, over = 0;
  std::uint64_t ticks_before = 0;  ///< of earlier times that it ran
  std::int64_t ran_since_ns = -1;  ///< grid: first instant is after it
  std::uint64_t reported_late = 0, reported_over = 0;
  std::int64_t last_released_ns = 0;
};

/// One executor of the world, its nodes in call order.
class SimulatedExecutor final : public Arrivals {
 public:
  explicit SimulatedExecutor(std::vector<SimulatedNode> nodes)
      : nodes_{std::move(nodes)}, schedule_{rules()} {}

  std::optional<Oldest> oldest(std::size_t node, std::size_t input) override {
    const auto& waiting = nodes_[node].inputs[input].waiting;
    if (waiting.empty()) return std::nullopt;
    return Oldest{waiting.front().stamp_ns, waiting.front().published_ns};
  }
  [[nodiscard]] bool any(std::size_t node, std::size_t input) const override {
    return !nodes_[node].inputs[input].waiting.empty();
  }
  void discard(std::size_t node, std::size_t input) override {
    Queue& queue = nodes_[node].inputs[input];
    ASSERT_FALSE(queue.waiting.empty());
    ++queue.discarded;
    queue.waiting.pop_front();
  }

  std::vector<SimulatedNode>& nodes() { return nodes_; }
  Schedule& schedule() { return schedule_; }

  bool stuck = false;  ///< a node never returned
  std::int64_t busy_until_ns = 0;
  std::int64_t wakes_at_ns = 0;  ///< of the event that is under way

 private:
  [[nodiscard]] std::vector<NodeRules> rules() const {
    std::vector<NodeRules> all;
    for (const auto& node : nodes_) all.push_back(node.rules);
    return all;
  }
  std::vector<SimulatedNode> nodes_;
  Schedule schedule_;
};

/// `kCalm`: nothing goes wrong and all work of an executor fits into its shortest period.
enum class Weather { kRough, kCalm };

class World {
 public:
  World(std::uint64_t seed, Weather weather) : random_{seed}, weather_{weather} {
    topics_.push_back("/outside");
    const auto executors = random_.from_to(1, 4);
    for (std::int64_t i = 0; i < executors; ++i) add_executor();
    for (auto& executor : executors_) {
      for (std::size_t node = 0; node < executor.nodes().size(); ++node) start(executor, node);
    }
    at(0, [this] { publish_outside(); });
  }

  void run() {
    while (!events_.empty() && events_.top().at_ns < kEndNs && !::testing::Test::HasFailure()) {
      const Event event = events_.top();
      events_.pop();
      now_ns_ = std::max(now_ns_, event.at_ns);
      event.call();
    }
    now_ns_ = std::max(now_ns_, kEndNs);
  }

  void check() {
    for (auto& executor : executors_) {
      for (std::size_t node = 0; node < executor.nodes().size(); ++node) check_node(executor, node);
    }
  }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  /// Two runs of one seed have the same.
  void note(std::string text) { log_.push_back(std::move(text)); }

 private:
  struct Event {
    std::int64_t at_ns = 0;
    std::uint64_t number = 0;  ///< same time: in the order of scheduling
    std::function<void()> call;
    bool operator<(const Event& other) const {
      return std::tie(at_ns, number) > std::tie(other.at_ns, other.number);
    }
  };
  [[nodiscard]] bool rough() const { return weather_ == Weather::kRough; }
  void at(std::int64_t at_ns, std::function<void()> call) {
    events_.push({at_ns, ++events_made_, std::move(call)});
  }
  std::string any_topic() {
    return topics_[static_cast<std::size_t>(random_.from_to(0, std::ssize(topics_) - 1))];
  }

  // ---- the world ----

  void add_executor() {
    std::vector<SimulatedNode> nodes(static_cast<std::size_t>(random_.from_to(1, 6)));
    for (auto& node : nodes) draw(node);
    // As the plan does it; whom that puts after whom is release_test's business.
    std::vector<Flow> flows;
    for (const auto& node : nodes) {
      Flow flow{{}, {node.output}, node.inputs.empty(), node.output};
      for (const auto& input : node.inputs) flow.inputs.push_back(input.topic);
      flows.push_back(flow);
    }
    std::vector<SimulatedNode> ordered;
    for (const std::size_t index : data_flow_order(flows)) ordered.push_back(nodes[index]);
    if (!rough()) make_feasible(ordered);
    executors_.emplace_back(std::move(ordered));
  }

  void draw(SimulatedNode& node) {
    Trigger& trigger = node.rules.trigger;
    node.output = "/topic" + std::to_string(topics_.size());
    const auto kind = random_.from_to(0, 2);
    if (kind == 0) {
      trigger = {TriggerKind::kEvery, random_.from_to(1, 30) * kMs, random_.from_to(0, kMs), {}, 0};
      if (rough() && random_.one_in(3)) trigger.on_overrun = OnOverrun::kCatchUp;
    } else {
      trigger = {kind == 1 ? TriggerKind::kOn : TriggerKind::kOnAll, 0, 0, {}, random_.from_to(0, 5) * kMs};
      const std::int64_t inputs = kind == 1 ? 1 : random_.from_to(2, 3);
      for (std::int64_t i = 0; i < inputs; ++i) trigger.topics.push_back(any_topic());
      for (const auto& topic : trigger.topics) node.inputs.emplace_back().topic = topic;
    }
    node.work_ns = random_.from_to(1'000, kMs);
    if (random_.one_in(2)) node.rules.deadline_ns = random_.from_to(1, 10) * kMs;
    if (random_.one_in(2)) node.rules.budget_ns = random_.from_to(1'000, 2 * kMs);
    topics_.push_back(node.output);
    if (!rough()) return;
    node.slow_now_and_then = random_.one_in(3);
    if (random_.one_in(10)) node.fate = random_.one_in(2) ? Fate::kThrows : Fate::kNeverReturns;
    node.fails_at = static_cast<std::uint64_t>(random_.from_to(0, 50));
  }

  /// All that any pass may have to do fits between two ticks of the fastest.
  static void make_feasible(std::vector<SimulatedNode>& nodes) {
    std::int64_t shortest_ns = kMs;
    for (auto& node : nodes) {
      node.work_ns = shortest_ns / (40 * std::ssize(nodes));
      node.rules.deadline_ns = node.inputs.empty() ? node.rules.trigger.period_ns : 0;
      node.rules.budget_ns = 2 * node.work_ns;
    }
  }

  void publish_outside() {
    publish("/outside");
    at(now_ns_ + random_.from_to(kMs / 2, rough() ? 20 * kMs : 8 * kMs), [this] { publish_outside(); });
  }

  /// To everybody who reads it, each by a way of its own.
  void publish(const std::string& topic) {
    const Message message{++messages_, now_ns_ - random_.from_to(0, 3 * kMs), now_ns_};
    for (auto& executor : executors_) {
      for (auto& node : executor.nodes()) {
        for (auto& queue : node.inputs) {
          if (queue.topic != topic || (rough() && random_.one_in(20))) continue;  // lost
          if (rough() && random_.one_in(10)) {
            at(now_ns_ + random_.from_to(0, 30 * kMs), [&, message] { arrive(executor, queue, message); });
          } else {
            arrive(executor, queue, message);
          }
        }
      }
    }
  }

  void arrive(SimulatedExecutor& executor, Queue& queue, const Message& message) {
    ++queue.came;
    if (queue.waiting.size() == kQueue) {
      queue.waiting.pop_front();
      ++queue.overwritten;
    }
    queue.waiting.push_back(message);
    wake(executor, now_ns_);
  }

  // ---- the threads ----

  void start(SimulatedExecutor& executor, std::size_t node) {
    SimulatedNode& started = executor.nodes()[node];
    started.paused = false;
    started.ran_since_ns = now_ns_;
    executor.schedule().set_running(node, true, now_ns_);
    wake(executor, executor.schedule().next_ns());
  }

  void wake(SimulatedExecutor& executor, std::int64_t at_ns) {
    if (executor.stuck || at_ns >= kEndNs) return;
    at_ns = std::max(at_ns, executor.busy_until_ns);
    if (rough() && random_.one_in(50))
      at_ns += random_.from_to(0, 100 * kMs);  // stopped, or a clock that jumped
    at(at_ns, [this, &executor] { pass(executor); });
  }

  void pass(SimulatedExecutor& executor) {
    if (executor.stuck || now_ns_ < executor.busy_until_ns) return;
    Schedule& schedule = executor.schedule();
    const std::vector<bool> due = due_now(executor);
    std::vector<std::uint64_t> calls(executor.nodes().size());
    std::size_t last = 0;
    std::int64_t clock_ns = now_ns_;  // of this thread; the others stand still meanwhile
    schedule.begin_pass(now_ns_);
    while (const auto release = schedule.next(executor)) {
      ASSERT_GE(release->node, last) << "called against the order of the pass";
      ASSERT_LT(calls[release->node]++, kMostReleasesPerPass);
      last = release->node;
      ASSERT_NO_FATAL_FAILURE(call(executor, *release, clock_ns));
      if (executor.stuck) return;
    }
    for (std::size_t node = 0; node < due.size(); ++node)
      ASSERT_TRUE(!due[node] || calls[node] > 0) << "node " << node << " was due and not called";
    executor.busy_until_ns = clock_ns;
    const bool more = schedule.waiting(executor);
    ASSERT_GT(schedule.next_ns(), now_ns_) << "a wake in the past";
    wake(executor, more ? clock_ns : schedule.next_ns());
    change_mode(executor);
  }

  /// Told without the schedule: whose grid has a tick that nobody served, who is called by what waits.
  std::vector<bool> due_now(SimulatedExecutor& executor) {
    std::vector<bool> due;
    for (auto& node : executor.nodes()) {
      const bool ticks = node.inputs.empty() && !node.paused && !node.faulted && owed(node) > 0;
      const bool fed =
          node.inputs.size() == 1 && !node.paused && !node.faulted && !node.inputs[0].waiting.empty();
      due.push_back(ticks || fed);
    }
    return due;
  }

  /// Ticks so far, all times that the node ran together.
  [[nodiscard]] std::uint64_t ticks(const SimulatedNode& node) const {
    return node.ticks_before + (node.ran_since_ns < 0 ? 0 : ticks_between(node, node.ran_since_ns, now_ns_));
  }
  [[nodiscard]] std::int64_t owed(const SimulatedNode& node) const {
    return static_cast<std::int64_t>(ticks(node)) - static_cast<std::int64_t>(node.calls + node.skipped);
  }
  static std::uint64_t ticks_between(const SimulatedNode& node, std::int64_t after_ns,
                                     std::int64_t until_ns) {
    const Trigger& trigger = node.rules.trigger;
    const auto number = [&](std::int64_t ns) {  // instants up to ns
      const std::int64_t since = ns - trigger.offset_ns;
      return since < 0 ? -((-since + trigger.period_ns - 1) / trigger.period_ns) : since / trigger.period_ns;
    };
    return static_cast<std::uint64_t>(number(until_ns) - number(after_ns));
  }

  void call(SimulatedExecutor& executor, const Release& release, std::int64_t& clock_ns) {
    SimulatedNode& node = executor.nodes()[release.node];
    ASSERT_FALSE(node.paused || node.faulted) << "called though it does not run";
    note(std::to_string(now_ns_) + " " + node.output + " " + std::to_string(release.released_ns));
    ASSERT_LE(release.released_ns, now_ns_) << "called before its release";
    check_inputs(node, release);
    node.skipped += release.skipped;
    if (node.fate != Fate::kGood && node.calls == node.fails_at) {
      if (node.fate == Fate::kNeverReturns) {
        executor.stuck = true;
        return;
      }
      node.faulted = true;
      ++node.calls;
      executor.schedule().set_running(release.node, false, now_ns_);
      return;
    }
    ++node.calls;
    std::int64_t run_ns = random_.from_to(node.work_ns / 2, node.work_ns);
    if (node.slow_now_and_then && random_.one_in(20)) run_ns += random_.from_to(0, 60 * kMs);
    clock_ns += run_ns;
    const Missed missed = judge(node.rules, release, clock_ns, run_ns);
    node.reported_late += missed.deadline ? 1 : 0;
    node.reported_over += missed.budget ? 1 : 0;
    const bool late = node.rules.deadline_ns > 0 && clock_ns - release.released_ns > node.rules.deadline_ns;
    node.late += late ? 1 : 0;
    node.over += node.rules.budget_ns > 0 && run_ns > node.rules.budget_ns ? 1 : 0;
    publish(node.output);
  }

  /// No node before its inputs: each has a message, and `on_all` gets what belongs together.
  void check_inputs(SimulatedNode& node, const Release& release) {
    std::int64_t newest_ns = 0;
    std::vector<std::int64_t> stamps_ns;
    for (auto& queue : node.inputs) {
      ASSERT_FALSE(queue.waiting.empty()) << "called before its inputs";
      newest_ns = std::max(newest_ns, queue.waiting.front().published_ns);
      stamps_ns.push_back(queue.waiting.front().stamp_ns);
      queue.waiting.pop_front();
      ++queue.taken;
    }
    if (node.inputs.empty()) {
      ASSERT_GT(release.released_ns, node.last_released_ns) << "a tick served twice";
      node.last_released_ns = release.released_ns;
      return;
    }
    ASSERT_EQ(release.released_ns, newest_ns);
    const auto [oldest, newest] = std::ranges::minmax_element(stamps_ns);
    ASSERT_LE(*newest - *oldest, node.rules.trigger.tolerance_ns + (node.inputs.size() == 1 ? kEndNs : 0));
  }

  /// Somebody pauses a node, or lets it go on.
  void change_mode(SimulatedExecutor& executor) {
    if (!rough() || !random_.one_in(100)) return;
    const auto index = static_cast<std::size_t>(random_.from_to(0, std::ssize(executor.nodes()) - 1));
    SimulatedNode& node = executor.nodes()[index];
    if (node.faulted) return;
    if (node.paused) return start(executor, index);
    node.paused = true;
    // What came since the last pass of a tick that nobody saw is nobody's miss: the node did not run.
    node.ticks_before = node.calls + node.skipped;
    node.ran_since_ns = -1;
    executor.schedule().set_running(index, false, now_ns_);
  }

  // ---- the promises ----

  void check_node(SimulatedExecutor& executor, std::size_t index) {
    SimulatedNode& node = executor.nodes()[index];
    const std::string name = "node " + node.output;
    EXPECT_EQ(node.reported_late, node.late) << name << ": a deadline missed and not reported";
    EXPECT_EQ(node.reported_over, node.over) << name << ": a budget overrun and not reported";
    for (const auto& queue : node.inputs) {
      EXPECT_EQ(queue.came, queue.taken + queue.discarded + queue.overwritten + queue.waiting.size())
          << name << ": a message of " << queue.topic << " is gone";
      EXPECT_TRUE(node.inputs.size() > 1 || queue.discarded == 0);
    }
    const bool runs = !node.paused && !node.faulted && !executor.stuck;
    if (node.inputs.empty() && runs) {
      EXPECT_GE(owed(node), 0) << name << " was called without a tick";
      // What a pass at this instant would serve or skip, and nothing else.
      const std::int64_t next_ns = executor.schedule().next_ns(index);
      EXPECT_EQ(node.calls + node.skipped,
                node.ticks_before + ticks_between(node, node.ran_since_ns, next_ns - 1))
          << name << ": ticks neither served nor reported";
    }
    if (rough() || executor.stuck) return;
    EXPECT_EQ(node.skipped, 0U) << name << " starved though all work fits";
    EXPECT_EQ(node.late, 0U) << name << " came late though all work fits";
    EXPECT_TRUE(!node.inputs.empty() || owed(node) <= 1) << name << " starved";
  }

  Random random_;
  Weather weather_;
  std::vector<std::string> topics_;
  std::deque<SimulatedExecutor> executors_;
  std::priority_queue<Event> events_;
  std::uint64_t events_made_ = 0;
  std::uint64_t messages_ = 0;
  std::int64_t now_ns_ = 0;
  std::vector<std::string> log_;
};

class ScheduleSimulation : public ::testing::TestWithParam<Weather> {};

TEST_P(ScheduleSimulation, KeepsItsPromisesInEveryWorld) {
  for (const std::uint64_t seed : testing::seeds(200)) {
    SCOPED_TRACE("TACTUS_SEED=" + std::to_string(seed));
    World world{seed, GetParam()};
    world.run();
    world.check();
    if (HasFailure()) return testing::keep_seed(seed);
  }
}

TEST_P(ScheduleSimulation, TheSameSeedIsTheSameRun) {
  World first{7, GetParam()}, second{7, GetParam()};
  first.run();
  second.run();
  EXPECT_FALSE(first.log().empty());
  EXPECT_EQ(first.log(), second.log());
}

INSTANTIATE_TEST_SUITE_P(Weather, ScheduleSimulation, ::testing::Values(Weather::kCalm, Weather::kRough),
                         [](const auto& test) { return test.param == Weather::kCalm ? "Calm" : "Rough"; });

}  // namespace
}  // namespace tactus
