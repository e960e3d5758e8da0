// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <gmock/gmock.h>

#include <geometry_msgs/msg/pose_stamped.hpp>
#include <std_msgs/msg/u_int64.hpp>

#include "tactus/middleware/in_process.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

template <typename T>
const NodeEntry kEntry{"Test", true, false, [](NodeContext& context) -> Node* { return new T{context}; },
                       [](Node* node) { delete node; }};

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

  template <typename T>
  NodeRunner& add(NodeRunner::Options options) {
    NodeServices services{*transport_, log_, [](const std::string&) { return DoorbellId{0}; }, {}};
    auto& counters = *counters_.emplace_back(std::make_unique<NodeCounters>());
    auto& runner = *runners_.emplace_back(
        std::make_unique<NodeRunner>(std::move(options), kEntry<T>, services, counters));
    runner.construct();
    return runner;
  }
  NodeRunner& add_source(const std::string& out, std::int64_t fail_at = 0) {
    return add<Source>({{"/source", {{"out", out}}, {{"fail_at", fail_at}}, {}}, every(kPeriodNs), 0});
  }
  NodeRunner& add_relay(const std::string& name, const std::string& in, const std::string& out) {
    return add<Relay>({{"/" + name, {{"in", in}, {"out", out}}, {{"name", name}}, {}}, on(in), 0});
  }
  Executor make_executor() {
    std::vector<NodeRunner*> nodes;
    for (const auto& runner : runners_) nodes.push_back(runner.get());
    Executor executor{nodes};
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
  static Trigger every(std::int64_t period_ns) { return {TriggerKind::kEvery, period_ns, 0, {}, 0}; }
  static Trigger on(const std::string& topic) { return {TriggerKind::kOn, 0, 0, {topic}, 0}; }
  [[nodiscard]] NodeCounters& counters(std::size_t node) { return *counters_[node]; }

  // So long that no tick falls into a test by itself.
  static constexpr std::int64_t kPeriodNs = 3'600'000'000'000;

  std::vector<std::string> calls_;
  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  TestLog log_;
  std::vector<std::unique_ptr<NodeCounters>> counters_;
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
  EXPECT_EQ(stereo.context().inputs()[0].port->unmatched(), 1u);
  EXPECT_EQ(stereo.context().inputs()[1].port->unmatched(), 0u);
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
  NodeRunner& late = add<Relay>({{"/late", {{"in", "/a"}, {"out", "/b"}}, {}, {}}, on("/a"), 1});
  NodeRunner& in_time =
      add<Relay>({{"/in_time", {{"in", "/a"}, {"out", "/c"}}, {}, {}}, on("/a"), kPeriodNs});
  const auto port = publisher<UInt64>("/a");
  Executor executor = make_executor();
  give(*port, 1);
  EXPECT_EQ(late.release(0) + in_time.release(0), 2u);
  EXPECT_EQ(counters(0).deadline_misses.load(), 1u);
  EXPECT_EQ(counters(1).deadline_misses.load(), 0u);
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

}  // namespace
}  // namespace tactus
