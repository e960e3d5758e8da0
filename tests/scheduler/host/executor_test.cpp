// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <geometry_msgs/msg/pose_stamped.hpp>
#include <limits>
#include <std_msgs/msg/u_int64.hpp>
#include <stop_token>

#include "node_entry.hpp"
#include "tactus/coroutine.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/in_process.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// What the nodes of a test did, in order.
std::vector<std::string>* calls = nullptr;

/// Publishes 1, 2, 3...; throws at step `fail_at`.
class Source final : public Node {
 public:
  explicit Source(NodeContext& context)
      : out_{context.advertise<UInt64>("out")}, fail_at_{context.parameter("fail_at", 0)} {}
  void step(const Cycle&) override {
    if (++steps_ == fail_at_) throw std::runtime_error{"broken on purpose"};
    auto loan = out_.loan();
    loan->data = static_cast<std::uint64_t>(steps_);
    out_.publish(std::move(loan));
    calls->push_back("source");
  }

 private:
  Publisher<UInt64> out_;
  int fail_at_;
  int steps_ = 0;
};

/// Is asked to stop while it is called.
class Stopped final : public Node {
 public:
  explicit Stopped(NodeContext&) {}
  void step(const Cycle&) override { stop->request_stop(); }
  static inline std::stop_source* stop = nullptr;
};

/// Takes all it is shown and says how much that was in one call.
class Relay final : public Node {
 public:
  explicit Relay(NodeContext& context)
      : in_{context.subscribe<UInt64>("in")},
        out_{context.advertise<UInt64>("out")},
        name_{context.parameter("name", "relay")} {}
  void step(const Cycle& cycle) override {
    std::string call = name_ + std::to_string(cycle.index()) + ":";
    while (auto in = in_.take()) {
      call += " " + std::to_string(in->data);
      auto out = out_.loan();
      out->data = in->data;
      out_.publish(std::move(out));
    }
    calls->push_back(call);
  }

 private:
  Subscriber<UInt64> in_;
  Publisher<UInt64> out_;
  std::string name_;
};

/// Pairs of stamped poses.
class Stereo final : public Node {
 public:
  explicit Stereo(NodeContext& context)
      : left_{context.subscribe<geometry_msgs::msg::PoseStamped>("left")},
        right_{context.subscribe<geometry_msgs::msg::PoseStamped>("right")} {}
  void step(const Cycle&) override {
    const auto left = left_.take();
    const auto right = right_.take();
    calls->push_back(std::to_string(left->header.stamp.nanosec) + "+" +
                     std::to_string(right->header.stamp.nanosec));
  }

 private:
  Subscriber<geometry_msgs::msg::PoseStamped> left_;
  Subscriber<geometry_msgs::msg::PoseStamped> right_;
};

/// Keeps the newest sample of `in`; publishes on every sample of `tick`, of which 0 makes it let go.
class Holder final : public Node {
 public:
  explicit Holder(NodeContext& context)
      : in_{context.subscribe<UInt64>("in")},
        tick_{context.subscribe<UInt64>("tick")},
        out_{context.advertise<UInt64>("out")} {}
  void step(const Cycle&) override {
    while (auto in = in_.take()) held_ = std::move(in);
    if (tick_.take()->data == 0) held_ = {};
    out_.publish(out_.loan());
  }

 private:
  Subscriber<UInt64> in_;
  Subscriber<UInt64> tick_;
  Publisher<UInt64> out_;
  Sample<UInt64> held_;
};

/// Takes all of `in`, lets something happen, and takes again: "1 2|3", behind it "!" when `in` is stale.
class Reader final : public Node {
 public:
  explicit Reader(NodeContext& context) : in_{context.subscribe<UInt64>("in")} {}
  void step(const Cycle& cycle) override {
    std::string call = take_all();
    if (meanwhile) meanwhile();
    call += "|" + take_all() + (cycle.stale(in_) ? "!" : "");
    calls->push_back(call);
  }
  static inline std::function<void()> meanwhile;

 private:
  std::string take_all() {
    std::string all;
    while (const auto in = in_.take()) all += std::to_string(in->data);
    return all;
  }
  Subscriber<UInt64> in_;
};

/// Says what it takes; ends with 0, throws at 13.
class Waiting final : public CoroutineNode {
 public:
  explicit Waiting(NodeContext& context)
      : CoroutineNode{context},
        in_{context.subscribe<UInt64>("in")},
        out_{context.advertise<UInt64>("out")} {}
  void stop() override { calls->push_back("stop"); }

 private:
  struct Guard {
    ~Guard() { calls->push_back("destroyed"); }
  };
  Task<> main() override {
    const Guard guard;
    calls->push_back("begin");
    for (;;) {
      const auto [in, late] = co_await any_of(in_.next(), timeout(std::chrono::hours{1}));
      if (late) calls->push_back("late");
      if (!in) continue;
      calls->push_back(std::to_string(in->data));
      if (in->data == 0) co_return;
      if (in->data == 13) throw std::runtime_error{"broken on purpose"};
      out_.publish(out_.loan());
    }
  }
  Subscriber<UInt64> in_;
  Publisher<UInt64> out_;
};

class TestLog final : public Log {
 public:
  std::vector<std::string> lines;

 protected:
  void push(const LogRecord& record) noexcept override {
    lines.emplace_back(record.text.data(), record.size);
  }
};

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() { calls = &calls_; }
  ~ExecutorTest() override { Reader::meanwhile = {}; }

  template <typename T>
  NodeRunner& add(NodeRunner::Options options) {
    const auto add_metric = [this](std::string_view name, std::string_view unit) -> MetricCounters& {
      auto& metric = *metrics_.emplace_back(std::make_unique<MetricCounters>());
      name_metric(metric, name, unit, 0);
      return metric;
    };
    NodeServices services{*transport_, log_,       [](const std::string&) { return DoorbellId{0}; },
                          {},          add_metric, chains_};
    auto& counters = *counters_.emplace_back(std::make_unique<NodeCounters>());
    auto& runner = *runners_.emplace_back(std::make_unique<NodeRunner>(
        std::move(options), kEntryOf<T>, services,
        NodePlace{counters, *times_.emplace_back(std::make_unique<NodeTimes>()), *recorder_,
                  static_cast<std::uint32_t>(counters_.size() - 1)}));
    runner.construct();
    return runner;
  }
  NodeRunner& add_source(const std::string& out, std::int64_t fail_at = 0) {
    return add<Source>({{"/source", {{"out", out}}, {{"fail_at", fail_at}}, {}}, every(kPeriodNs), 0});
  }
  NodeRunner& add_relay(const std::string& name, const std::string& in, const std::string& out) {
    return add<Relay>({{"/" + name, {{"in", in}, {"out", out}}, {{"name", name}}, {}}, on(in), 0});
  }
  NodeRunner& add_reader(const InputSettings& input = {}) {
    NodeRunner::Options options{{"/reader", {{"in", "/a"}}, {}}, every(kPeriodNs)};
    options.settings.inputs["in"] = input;
    return add<Reader>(std::move(options));
  }
  Executor make_executor(const std::vector<std::string>& order = {}) {
    std::vector<NodeRunner*> nodes;
    for (const auto& runner : runners_) nodes.push_back(runner.get());
    Executor executor{nodes, order};
    executor.start();
    return executor;
  }
  template <typename T>
  std::unique_ptr<UntypedPublisher> publisher(const std::string& topic) {
    return transport_->create_publisher(
        {.node = "/test", .topic = topic, .type = &type_info<T>(), .max_bytes = 4096});
  }
  static void give(UntypedPublisher& port, std::uint64_t value) {
    Publisher<UInt64> publisher{port};
    auto loan = publisher.loan();
    loan->data = value;
    publisher.publish(std::move(loan));
  }
  static void give_stamp(UntypedPublisher& port, std::uint32_t nanoseconds) {
    Publisher<geometry_msgs::msg::PoseStamped> publisher{port};
    auto loan = publisher.loan();
    loan->header.stamp.nanosec = nanoseconds;
    publisher.publish(std::move(loan));
  }
  /// Of another host: its stamp is on the clock `clock_id`.
  static void give_stamp(UntypedPublisher& port, std::uint32_t nanoseconds, std::uint32_t clock_id) {
    Chunk* chunk = port.loan();
    auto* pose = construct_block<geometry_msgs::msg::PoseStamped>(chunk->bytes, chunk->size);
    pose->header.stamp.nanosec = nanoseconds;
    chunk->header->block_bytes = block_used(chunk->bytes);
    chunk->header->clock_id = clock_id;
    port.publish(*chunk);
  }
  /// A message that descends from one of chain `origin_id` captured at `captured_ns`.
  static void give_origin(UntypedPublisher& port, std::uint32_t origin_id, std::int64_t captured_ns) {
    Chunk* chunk = port.loan();
    construct_block<UInt64>(chunk->bytes, chunk->size);
    chunk->header->block_bytes = block_used(chunk->bytes);
    chunk->header->chains[0] = {origin_id, 1, captured_ns};
    port.publish(*chunk);
  }
  /// Capture times of chain `origin_id` in all that waits at `port`; -1: no origin.
  static std::vector<std::int64_t> origins(UntypedSubscriber& port, std::uint32_t origin_id) {
    std::vector<std::int64_t> all;
    Subscriber<UInt64> subscriber{port};
    while (const auto sample = subscriber.take()) {
      const ChainSlot* slot = find_origin(sample.header().chains, origin_id);
      all.push_back(slot == nullptr ? -1 : slot->capture_time_ns);
    }
    return all;
  }
  std::unique_ptr<UntypedSubscriber> subscriber(const std::string& topic) {
    return transport_->create_subscriber({.node = "/test", .topic = topic, .type = &type_info<UInt64>()});
  }
  NodeRunner& add_holder() {
    const Remaps remaps{{"in", "/a"}, {"tick", "/tick"}, {"out", "/out"}};
    return add<Holder>({{"/holder", remaps, {}, {}}, on("/tick"), 0});
  }
  NodeRunner& add_waiting() {
    const Remaps remaps{{"in", "/a"}, {"out", "/b"}};
    return add<Waiting>({{"/waiting", remaps, {}, {}}, {{TriggerKind::kCoroutine, 0, 0, {}, 0}, 0}});
  }
  static Trigger every(std::int64_t period_ns) { return {TriggerKind::kEvery, period_ns, 0, {}, 0}; }
  static Trigger on(const std::string& topic) { return {TriggerKind::kOn, 0, 0, {topic}, 0}; }
  [[nodiscard]] NodeCounters& counters(std::size_t node) { return *counters_[node]; }

  // So long that no tick falls into a test by itself.
  static constexpr std::int64_t kPeriodNs = 3'600'000'000'000;

  std::vector<std::string> calls_;
  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  TestLog log_;
  std::vector<ChainSettings> chains_;
  std::vector<std::unique_ptr<MetricCounters>> metrics_;
  std::vector<std::unique_ptr<NodeCounters>> counters_;
  std::vector<std::unique_ptr<NodeTimes>> times_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  std::vector<std::unique_ptr<NodeRunner>> runners_;
};

TEST_F(ExecutorTest, APassFollowsTheDataNotTheFile) {
  add_relay("last", "/b", "/c");
  add_relay("first", "/a", "/b");
  add_source("/a");
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("source", "first0: 1", "last0: 1"));
}

TEST_F(ExecutorTest, NobodyIsCalledBeforeTheTick) {
  add_source("/a");
  Executor executor = make_executor();
  EXPECT_EQ(executor.pass(executor.next_ns() - 1), 0u);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(ExecutorTest, TicksThatNobodyServedAreCounted) {
  add_source("/a");
  Executor executor = make_executor();
  const std::int64_t first = executor.next_ns();
  executor.pass(first + 2 * kPeriodNs);
  EXPECT_EQ(counters(0).skipped.load(), 2u);
  EXPECT_EQ(counters(0).runs.load(), 1u);
  EXPECT_EQ(executor.next_ns(), first + 3 * kPeriodNs);
}

TEST_F(ExecutorTest, MissedTicksAreServedLateWhereTheFileWantsThat) {
  Trigger trigger = every(kPeriodNs);
  trigger.on_overrun = OnOverrun::kCatchUp;
  add<Source>({{"/source", {{"out", "/a"}}, {}}, trigger});
  Executor executor = make_executor();
  EXPECT_EQ(executor.pass(executor.next_ns() + 2 * kPeriodNs), 3u);
  EXPECT_EQ(counters(0).skipped.load(), 0u);
}

TEST_F(ExecutorTest, AStopWaitsForTheCallAndNotForAllThatIsDue) {
  Trigger trigger = every(kPeriodNs);
  trigger.on_overrun = OnOverrun::kCatchUp;
  std::stop_source stop;
  Stopped::stop = &stop;
  add<Stopped>({{"/late", {}, {}}, trigger});
  add_source("/a");
  Executor executor = make_executor();
  EXPECT_EQ(executor.pass(executor.next_ns() + 100 * kPeriodNs, monotonic_ns(), stop.get_token()), 1u);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(ExecutorTest, AMissedTickEndsANodeWhereTheFileWantsThat) {
  Trigger trigger = every(kPeriodNs);
  trigger.on_overrun = OnOverrun::kFault;
  add<Source>({{"/source", {{"out", "/a"}}, {}}, trigger});
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  EXPECT_EQ(counters(0).state.load(), NodeState::kRunning);
  executor.pass(executor.next_ns() + 3 * kPeriodNs);
  EXPECT_EQ(counters(0).state.load(), NodeState::kFaulted);
  EXPECT_EQ(counters(0).skipped.load(), 3u);
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("late by 3 ticks in cycle 1 (on_overrun: fault)")));
  EXPECT_EQ(calls_.size(), 1u);
}

TEST_F(ExecutorTest, CallsThatRunLongerThanTheirBudgetAreCounted) {
  add<Source>({{"/over", {{"out", "/a"}}, {}}, every(kPeriodNs), 0, 1});
  add<Source>({{"/within", {{"out", "/a"}}, {}}, every(kPeriodNs), 0, kPeriodNs});
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  EXPECT_EQ(counters(0).budget_overruns.load(), 1u);
  EXPECT_EQ(counters(1).budget_overruns.load(), 0u);
}

TEST_F(ExecutorTest, TheFlightRecorderTellsCallsAndMessagesInTheirOrder) {
  add_source("/a");
  add_relay("relay", "/a", "/b");
  Executor executor = make_executor();
  std::uint64_t from = 0;
  static_cast<void>(read_flight(*recorder_, from));
  executor.pass(executor.next_ns());
  using enum FlightKind;
  std::vector<std::pair<FlightKind, int>> seen;
  for (const FlightRecord& record : read_flight(*recorder_, from))
    seen.emplace_back(record.kind, record.node);
  EXPECT_THAT(seen, ElementsAre(Pair(kStart, 0), Pair(kPublish, 0), Pair(kEnd, 0), Pair(kStart, 1),
                                Pair(kTake, 1), Pair(kPublish, 1), Pair(kEnd, 1)));
}

TEST_F(ExecutorTest, AnInputThatCallsNobodyIsFrozenAtTheRelease) {
  add_reader();
  const auto port = publisher<UInt64>("/a");
  Reader::meanwhile = [&] { give(*port, 7); };
  Executor executor = make_executor();
  give(*port, 1);
  executor.pass(executor.next_ns());
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("1|", "7|"));
}

TEST_F(ExecutorTest, ATimeFarAheadHoldsUpNothing) {
  add_reader();
  const auto port = publisher<UInt64>("/a");
  Chunk* chunk = port->loan();
  construct_block<UInt64>(chunk->bytes, chunk->size);
  chunk->header->block_bytes = block_used(chunk->bytes);
  chunk->header->publish_time_ns = std::numeric_limits<std::int64_t>::max();
  port->publish(*chunk);
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("0|"));
}

TEST_F(ExecutorTest, AStaleInputIsToldAndCountedOnceUntilSomethingComes) {
  add_reader({0, false, 1});
  const auto port = publisher<UInt64>("/a");
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("|!", "|!"));
  EXPECT_EQ(counters(0).stale_inputs.load(), 1u);
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("input 'in' is stale: nothing came on /a")));
}

TEST_F(ExecutorTest, AnInputWithNewDataIsNotStale) {
  add_reader({0, false, kPeriodNs});
  const auto port = publisher<UInt64>("/a");
  Executor executor = make_executor();
  give(*port, 5);
  executor.pass(executor.next_ns());
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("5|", "|"));
  EXPECT_EQ(counters(0).stale_inputs.load(), 0u);
}

TEST_F(ExecutorTest, ACycleIsCutAtTheDelayedInput) {
  NodeRunner::Options first{{"/first", {{"in", "/b"}, {"out", "/a"}}, {{"name", "first"}}}, on("/b")};
  first.settings.inputs["in"].delayed = true;
  add_relay("second", "/a", "/b");
  add<Relay>(std::move(first));
  Executor executor = make_executor();
  EXPECT_EQ(executor.nodes()[0]->name(), "/first");
}

TEST_F(ExecutorTest, AGivenOrderIsFollowed) {
  add_source("/a");
  add_relay("relay", "/a", "/b");
  Executor executor = make_executor({"/relay", "/source"});
  executor.pass(executor.next_ns());
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("source", "relay0: 1", "source"));
}

TEST_F(ExecutorTest, DepthHistoryAndLoansOfTheFileCount) {
  NodeRunner::Options options{{"/relay", {{"in", "/a"}, {"out", "/b"}}, {}}, on("/a")};
  options.settings.inputs["in"].depth = 3;
  options.settings.outputs["out"] = {2048, 2, 5};
  HostContext& context = add<Relay>(std::move(options)).context();
  EXPECT_EQ(context.inputs()[0].port->options().depth, 3u);
  const PublisherOptions& out = context.outputs()[0].port->options();
  EXPECT_EQ(out.max_bytes, 2048u);
  EXPECT_EQ(out.history, 2u);
  EXPECT_EQ(out.max_loans, 5u);
}

TEST_F(ExecutorTest, AnInputThatTheNodeDoesNotHaveIsNamed) {
  NodeRunner::Options options{{"/relay", {}, {}}, every(kPeriodNs)};
  options.settings.inputs["inn"].depth = 3;
  try {
    add<Relay>(std::move(options));
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("no input 'inn'; did you mean 'in'"));
  }
}

TEST_F(ExecutorTest, OnMakesOneReleaseForEachSampleHoweverGreedyTheNode) {
  add_relay("relay", "/a", "/b");
  const auto port = publisher<UInt64>("/a");
  Executor executor = make_executor();
  for (const std::uint64_t value : {7, 8, 9}) give(*port, value);
  EXPECT_TRUE(executor.waiting());
  EXPECT_EQ(executor.pass(0), 3u);
  EXPECT_THAT(calls_, ElementsAre("relay0: 7", "relay1: 8", "relay2: 9"));
  EXPECT_FALSE(executor.waiting());
}

TEST_F(ExecutorTest, OnAllCallsOnceForEachMatchedSetAndDiscardsTheRest) {
  Trigger trigger{TriggerKind::kOnAll, 0, 0, {"/left", "/right"}, 10};
  NodeRunner& stereo =
      add<Stereo>({{"/stereo", {{"left", "/left"}, {"right", "/right"}}, {}, {}}, trigger, 0});
  const auto left = publisher<geometry_msgs::msg::PoseStamped>("/left");
  const auto right = publisher<geometry_msgs::msg::PoseStamped>("/right");
  Executor executor = make_executor();
  for (const std::uint32_t stamp : {100, 200, 300}) give_stamp(*left, stamp);
  EXPECT_EQ(executor.pass(0), 0u);
  for (const std::uint32_t stamp : {205, 299}) give_stamp(*right, stamp);
  EXPECT_EQ(executor.pass(0), 2u);
  EXPECT_THAT(calls_, ElementsAre("200+205", "300+299"));
  EXPECT_EQ(stereo.context().inputs()[0].port->counts().unmatched, 1u);
  EXPECT_EQ(stereo.context().inputs()[1].port->counts().unmatched, 0u);
}

TEST_F(ExecutorTest, OnAllComparesStampsOfTwoHostsOnItsOwnClock) {
  static ClockPage page;  // stays: threads may be reading it
  page.set({to_ns(group_now()), monotonic_ns(), 1, 5});
  page.set_remote(std::array{RemoteClock{77, 1000, 1, 0}});  // shows 1000 ns more
  follow_group_clock(page);
  Trigger trigger{TriggerKind::kOnAll, 0, 0, {"/left", "/right"}, 10};
  add<Stereo>({{"/stereo", {{"left", "/left"}, {"right", "/right"}}, {}, {}}, trigger, 0});
  const auto left = publisher<geometry_msgs::msg::PoseStamped>("/left");
  const auto right = publisher<geometry_msgs::msg::PoseStamped>("/right");
  Executor executor = make_executor();
  give_stamp(*left, 200, 5);
  give_stamp(*right, 1205, 77);
  EXPECT_EQ(executor.pass(0), 1u);
  give_stamp(*left, 1300, 77);  // both of one other host: as they are
  give_stamp(*right, 1300, 77);
  EXPECT_EQ(executor.pass(0), 1u);
  EXPECT_THAT(calls_, ElementsAre("200+1205", "1300+1300"));
}

TEST_F(ExecutorTest, ANodeThatThrowsIsFaultedAlone) {
  add_source("/a", 1);
  add_relay("neighbour", "/x", "/y");
  const auto port = publisher<UInt64>("/x");
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  EXPECT_EQ(counters(0).state.load(), NodeState::kFaulted);
  EXPECT_EQ(counters(0).faults.load(), 1u);
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("broken on purpose")));
  give(*port, 5);
  executor.pass(executor.next_ns());
  EXPECT_THAT(calls_, ElementsAre("neighbour0: 5"));
  EXPECT_EQ(counters(1).state.load(), NodeState::kRunning);
}

TEST_F(ExecutorTest, AMissedDeadlineIsCounted) {
  add<Relay>({{"/late", {{"in", "/a"}, {"out", "/b"}}, {}, {}}, on("/a"), 1});
  add<Relay>({{"/in_time", {{"in", "/a"}, {"out", "/c"}}, {}, {}}, on("/a"), kPeriodNs});
  const auto port = publisher<UInt64>("/a");
  Executor executor = make_executor();
  give(*port, 1);
  EXPECT_EQ(executor.pass(0), 2u);
  EXPECT_EQ(counters(0).deadline_misses.load(), 1u);
  EXPECT_EQ(counters(1).deadline_misses.load(), 0u);
}

TEST_F(ExecutorTest, AChainIsMeasuredFromItsFirstTopicToItsLast) {
  chains_ = {{"motion", 7, "/a", "/c"}};
  add_source("/a");
  add_relay("first", "/a", "/b");
  add_relay("last", "/b", "/c");
  const auto port = subscriber("/c");
  Executor executor = make_executor();
  executor.pass(executor.next_ns());
  executor.pass(executor.next_ns());
  ASSERT_EQ(metrics_.size(), 1u);
  const MetricSummary motion = summarize(*metrics_[0]);
  EXPECT_EQ(motion.name, "motion");
  EXPECT_EQ(motion.unit, "ms");
  EXPECT_EQ(motion.count, 2u);
  EXPECT_GT(motion.min, 0);
  Subscriber<UInt64> subscriber{*port};
  EXPECT_EQ(find_origin(subscriber.take().header().chains, 7)->origin_sequence, 1u);
  EXPECT_EQ(find_origin(subscriber.take().header().chains, 7)->origin_sequence, 2u);
}

TEST_F(ExecutorTest, AnOutputDescendsFromWhatItsNodeStillHolds) {
  chains_ = {{"motion", 7, "/a", "/out"}};
  add_holder();
  const auto in = publisher<UInt64>("/a");
  const auto tick = publisher<UInt64>("/tick");
  const auto out = subscriber("/out");
  Executor executor = make_executor();
  give_origin(*in, 7, 1000);
  for (const std::uint64_t go_on : {1, 1, 0, 1}) {
    give(*tick, go_on);
    executor.pass(0);
  }
  EXPECT_THAT(origins(*out, 7), ElementsAre(1000, 1000, -1, -1));
  EXPECT_EQ(summarize(*metrics_[0]).count, 2u);
  EXPECT_EQ(summarize(*metrics_[0]).rejected, 2u);
}

TEST_F(ExecutorTest, TheNewestOriginCountsAndForeignChainsPassThrough) {
  add_holder();
  const auto in = publisher<UInt64>("/a");
  const auto tick = publisher<UInt64>("/tick");
  const auto out = subscriber("/out");
  Executor executor = make_executor();
  for (const std::int64_t captured : {2000, 3000, 1000}) give_origin(*in, 7, captured);
  give_origin(*tick, 8, 500);
  executor.pass(0);
  const auto sample = Subscriber<UInt64>{*out}.take();
  EXPECT_EQ(find_origin(sample.header().chains, 7)->capture_time_ns, 3000);
  EXPECT_EQ(find_origin(sample.header().chains, 8)->capture_time_ns, 500);
}

TEST_F(ExecutorTest, StopsInReverseAndOnlyWhatStarted) {
  add_source("/a");
  Executor executor = make_executor();
  executor.stop();
  EXPECT_EQ(counters(0).state.load(), NodeState::kStopped);
  EXPECT_EQ(executor.pass(executor.next_ns()), 0u);
}

TEST_F(ExecutorTest, AnUnknownParameterIsNamedWithTheNearest) {
  try {
    add<Source>({{"/source", {}, {{"fail_att", std::int64_t{1}}}, {}}, every(kPeriodNs), 0});
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'fail_at'"));
  }
}

TEST_F(ExecutorTest, ACoroutineBeginsInTheFirstPassAndGoesOnWhenItsDataIsThere) {
  const auto a = publisher<UInt64>("/a");
  add_waiting();
  add_relay("relay", "/b", "/c");
  Executor executor = make_executor();
  EXPECT_LE(executor.next_ns(), to_ns(group_now())) << "it has not begun";
  EXPECT_EQ(executor.pass(to_ns(group_now())), 1U);
  EXPECT_FALSE(executor.waiting());
  give(*a, 1);
  give(*a, 2);
  EXPECT_TRUE(executor.waiting());
  executor.pass(to_ns(group_now()));
  EXPECT_THAT(calls_, ElementsAre("begin", "1", "2", "relay0: 0", "relay1: 0"));
  EXPECT_FALSE(executor.waiting());
}

TEST_F(ExecutorTest, TheInstantACoroutineWaitsForWakesItsExecutor) {
  add_waiting();
  Executor executor = make_executor();
  const std::int64_t begun_ns = to_ns(group_now());
  executor.pass(begun_ns);
  const std::int64_t next_ns = executor.next_ns();
  EXPECT_GE(next_ns, begun_ns + kPeriodNs);
  EXPECT_LE(next_ns, to_ns(group_now()) + kPeriodNs);
  EXPECT_EQ(executor.pass(next_ns - 1), 0U);
}

TEST_F(ExecutorTest, ACoroutineThatReturnsIsStopped) {
  const auto a = publisher<UInt64>("/a");
  NodeRunner& node = add_waiting();
  Executor executor = make_executor();
  give(*a, 0);
  executor.pass(to_ns(group_now()));
  EXPECT_THAT(calls_, ElementsAre("begin", "0", "destroyed", "stop"));
  EXPECT_EQ(node.state(), NodeState::kStopped);
  give(*a, 1);
  EXPECT_EQ(executor.pass(to_ns(group_now())), 0U);
  EXPECT_EQ(executor.next_ns(), kNever);
}

TEST_F(ExecutorTest, ACoroutineThatThrowsIsFaultedAlone) {
  const auto a = publisher<UInt64>("/a");
  NodeRunner& node = add_waiting();
  add_relay("relay", "/a", "/c");
  Executor executor = make_executor();
  give(*a, 13);
  executor.pass(to_ns(group_now()));
  give(*a, 1);
  executor.pass(to_ns(group_now()));
  EXPECT_EQ(node.state(), NodeState::kFaulted);
  EXPECT_THAT(calls_, ElementsAre("begin", "13", "destroyed", "relay0: 13", "relay1: 1"));
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("broken on purpose")));
}

TEST_F(ExecutorTest, StoppingDestroysWhatACoroutineHasAliveBeforeItsStop) {
  const auto a = publisher<UInt64>("/a");
  add_waiting();
  Executor executor = make_executor();
  give(*a, 5);
  executor.pass(to_ns(group_now()));
  executor.stop();
  EXPECT_THAT(calls_, ElementsAre("begin", "5", "destroyed", "stop"));
}

}  // namespace
}  // namespace tactus
