// SPDX-License-Identifier: Apache-2.0
// Random graphs on virtual time: executor, runners and inputs are the real ones, the clock stands still until
// a call or the test moves it. TACTUS_SEED=N runs one seed alone, TACTUS_SEEDS=FIRST..LAST many
// (scripts/simulate).
#include <gtest/gtest.h>

#include <functional>
#include <std_msgs/msg/u_int64.hpp>

#include "executor.hpp"
#include "node_entry.hpp"
#include "random.hpp"
#include "seeds.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/in_process.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;

constexpr std::int64_t kMs = 1'000'000;

/// The group's clock: shows what it is told, and the same until it is told again.
class VirtualClock {
 public:
  VirtualClock() {
    set(1'700'000'000'000 * kMs);
    follow_group_clock(*page_);
  }
  void set(std::int64_t now_ns) {
    now_ns_ = now_ns;
    page_->set({now_ns, 0, 0.0, 1});
  }
  void pass(std::int64_t ns) { set(now_ns_ + ns); }
  [[nodiscard]] std::int64_t now() const { return now_ns_; }

 private:
  ClockPage* page_ = new ClockPage;  // the process may read it until its end
  std::int64_t now_ns_ = 0;
};

VirtualClock& the_clock() {
  static VirtualClock clock;
  return clock;
}

Random* dice = nullptr;

/// What one node saw, for the checks after the run.
struct Seen {
  std::vector<std::int64_t> released_ns;
  std::vector<std::uint64_t> sequences;  ///< of `in`, in the order of taking
};
std::map<std::string, Seen>* all_seen = nullptr;

/// What somebody in another process does meanwhile.
std::function<void()> meanwhile;

/// A call takes a while, now and then much longer than any period; others go on.
void work() {
  the_clock().pass(dice->from_to(1, kMs / 2) + (dice->one_in(200) ? 40 * kMs : 0));
  if (dice->one_in(4)) meanwhile();
}

/// Takes `in` (and `other` where it has one), publishes `out`; checks what holds in every call.
class Checked final : public Node {
 public:
  explicit Checked(NodeContext& context)
      : name_{context.parameter("name", "")},
        in_{context.subscribe<UInt64>("in", {.depth = kMaxDepth})},
        other_{context.subscribe<UInt64>("other", {.depth = kMaxDepth})},
        out_{context.advertise<UInt64>("out")},
        per_call_{context.parameter("per_call", -1)} {}
  void step(const Cycle& cycle) override {
    Seen& seen = (*all_seen)[name_];
    EXPECT_LE(cycle.released(), cycle.now()) << name_;
    seen.released_ns.push_back(to_ns(cycle.released()));
    int taken = 0;
    while (const auto in = in_.take()) {
      EXPECT_LE(in.published(), cycle.now()) << name_ << " sees what came after its release";
      seen.sequences.push_back(in.header().sequence);
      ++taken;
      if (dice->one_in(3)) work();
    }
    EXPECT_TRUE(per_call_ < 0 || taken == per_call_) << name_ << " was shown " << taken;
    while (other_.take()) continue;
    work();
    out_.publish(out_.loan());
  }

 private:
  std::string name_;
  Subscriber<UInt64> in_;
  Subscriber<UInt64> other_;
  Publisher<UInt64> out_;
  int per_call_;
};

/// One random graph and its run.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_{seed} {
    the_clock().set(1'700'000'000'000 * kMs + random_.from_to(0, kMs));
    dice = &random_;
    all_seen = &seen_;
    meanwhile = [this] { publish_outside(1); };
    outside_ = transport_->create_publisher(
        {.node = "/outside", .topic = "/outside", .type = &type_info<UInt64>(), .max_bytes = 256});
    topics_.push_back("/outside");
    const auto nodes = random_.from_to(2, 8);
    for (std::int64_t i = 0; i < nodes; ++i) add_node("n" + std::to_string(i));
    std::vector<NodeRunner*> order;
    for (const auto& runner : runners_) order.push_back(runner.get());
    std::shuffle(order.begin(), order.end(), random_.engine);
    executor_.emplace(order);
    executor_->start();
    for (const NodeRunner* node : order) first_ns_[node] = next_ns(*node);
  }

  void run() {
    for (int i = 0; i < 200; ++i) {
      the_clock().set(std::max(the_clock().now(), next_event()));
      if (random_.one_in(5)) work();  // the thread wakes late
      if (random_.one_in(2)) publish_outside(random_.from_to(1, 4));
      const std::uint64_t before = outside_->counts().messages;
      executor_->pass(the_clock().now());
      EXPECT_TRUE(!executor_->waiting() || outside_->counts().messages > before)
          << "a pass leaves what it caused downstream";
    }
  }

  void check() {
    for (std::size_t i = 0; i < runners_.size(); ++i) check_node(*runners_[i], *counters_[i]);
  }
  [[nodiscard]] std::map<std::string, std::vector<std::int64_t>> trace() const {
    std::map<std::string, std::vector<std::int64_t>> all;
    for (const auto& [name, seen] : seen_) all[name] = seen.released_ns;
    return all;
  }

 private:
  std::string any_topic() {
    return topics_[static_cast<std::size_t>(random_.from_to(0, std::ssize(topics_) - 1))];
  }

  void add_node(const std::string& name) {
    NodeRunner::Options options;
    options.settings.name = "/" + name;
    options.settings.parameters["name"] = name;
    options.settings.remaps = {{"in", any_topic()}, {"other", "/nothing"}, {"out", "/" + name + "/out"}};
    Trigger& trigger = options.rules.trigger;
    switch (random_.from_to(0, 2)) {
      case 0:
        trigger = {TriggerKind::kEvery, random_.from_to(1, 20) * kMs, random_.from_to(0, kMs), {}, 0};
        if (random_.one_in(2)) trigger.on_overrun = OnOverrun::kCatchUp;
        break;
      case 1:
        trigger = {TriggerKind::kOn, 0, 0, {options.settings.remaps["in"]}, 0};
        break;
      default:
        const std::string other = any_topic();
        if (other == options.settings.remaps["in"]) return add_node(name);
        options.settings.remaps["other"] = other;
        trigger = {TriggerKind::kOnAll, 0, 0, {options.settings.remaps["in"], other}, 3 * kMs};
    }
    options.settings.parameters["per_call"] = std::int64_t{trigger.kind == TriggerKind::kEvery ? -1 : 1};
    topics_.push_back(options.settings.remaps["out"]);
    auto& counters = *counters_.emplace_back(std::make_unique<NodeCounters>());
    NodeServices services{*transport_, log_, [](const std::string&) { return DoorbellId{0}; }, {}};
    auto& runner = *runners_.emplace_back(std::make_unique<NodeRunner>(
        std::move(options), kEntryOf<Checked>, services, NodePlace{counters, times_, *recorder_, 0}));
    runner.construct();
  }

  [[nodiscard]] std::int64_t next_ns(const NodeRunner& node) const {
    const auto& order = executor_->nodes();
    return executor_->schedule().next_ns(
        static_cast<std::size_t>(std::ranges::find(order, &node) - order.begin()));
  }

  std::int64_t next_event() {
    const std::int64_t arrival = the_clock().now() + random_.from_to(0, 10 * kMs);
    return std::min(executor_->next_ns(), arrival);
  }

  void publish_outside(std::int64_t count) {
    Publisher<UInt64> publisher{*outside_};
    for (; count > 0; --count) publisher.publish(publisher.loan());
  }

  void check_node(NodeRunner& node, NodeCounters& counters) {
    const Seen& seen = seen_[node.name().substr(1)];
    EXPECT_EQ(counters.runs.load(), seen.released_ns.size());
    EXPECT_EQ(counters.faults.load(), 0U);
    if (node.trigger().kind == TriggerKind::kEvery) check_ticks(node, counters, seen);
    for (std::size_t i = 1; i < seen.sequences.size(); ++i)
      ASSERT_LT(seen.sequences[i - 1], seen.sequences[i]) << node.name();
    const EndpointCounts in = node.context().inputs()[0].port->counts();
    // What a gated input shows next is counted as taken by the transport already.
    EXPECT_LE(seen.sequences.size() + in.unmatched, in.messages) << node.name();
    EXPECT_GE(seen.sequences.size() + in.unmatched + 1, in.messages) << node.name();
    if (node.trigger().kind != TriggerKind::kOn || in.dropped > 0) return;
    for (std::size_t i = 0; i < seen.sequences.size(); ++i) ASSERT_EQ(seen.sequences[i], i + 1);
  }

  /// Every instant of the grid is served once or counted as skipped.
  void check_ticks(const NodeRunner& node, const NodeCounters& counters, const Seen& seen) const {
    const std::int64_t period_ns = node.trigger().period_ns;
    const auto ticks = static_cast<std::uint64_t>((next_ns(node) - first_ns_.at(&node)) / period_ns);
    EXPECT_EQ(counters.runs.load() + counters.skipped.load(), ticks) << node.name();
    for (std::size_t i = 0; i < seen.released_ns.size(); ++i) {
      EXPECT_EQ((seen.released_ns[i] - node.trigger().offset_ns) % period_ns, 0);
      EXPECT_TRUE(i == 0 || seen.released_ns[i - 1] < seen.released_ns[i]);
    }
  }

  Random random_;
  std::map<std::string, Seen> seen_;
  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  SilentLog log_;
  std::unique_ptr<UntypedPublisher> outside_;
  std::vector<std::string> topics_;
  std::vector<std::unique_ptr<NodeCounters>> counters_;
  NodeTimes times_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  std::vector<std::unique_ptr<NodeRunner>> runners_;
  std::optional<Executor> executor_;
  std::map<const NodeRunner*, std::int64_t> first_ns_;
};

TEST(Simulation, RandomGraphsKeepWhatTheSchedulerPromises) {
  for (const std::uint64_t seed : testing::seeds(50)) {
    SCOPED_TRACE("TACTUS_SEED=" + std::to_string(seed));
    Simulation simulation{seed};
    simulation.run();
    simulation.check();
    if (HasFailure()) return testing::keep_seed(seed);
  }
}

TEST(Simulation, TheSameSeedIsTheSameRun) {
  Simulation first{7};
  first.run();
  Simulation second{7};
  second.run();
  EXPECT_EQ(first.trace(), second.trace());
}

}  // namespace
}  // namespace tactus
