// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <gmock/gmock.h>

#include <map>
#include <std_msgs/msg/u_int64.hpp>

#include "node_entry.hpp"
#include "tactus/coroutine.hpp"
#include "tactus/scheduler/simulated_host.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1'000'000;

/// "name@milliseconds since the start: what" of all nodes, in the order in which it happened.
std::vector<std::string>* happened = nullptr;
void note(const std::string& name, Time now, const std::string& what) {
  happened->push_back(name + "@" + std::to_string((to_ns(now) - kSimulationStartNs) / kMs) + ": " + what);
}

/// Publishes 1, 2, 3...
class Source final : public Node {
 public:
  explicit Source(NodeContext& context) : out_{context.advertise<UInt64>("out")} {}
  void step(const Cycle& cycle) override {
    auto out = out_.loan();
    out->data = ++count_;
    out_.publish(std::move(out));
    note("source", cycle.now(), std::to_string(count_));
  }

 private:
  Publisher<UInt64> out_;
  std::uint64_t count_ = 0;
};

class Relay final : public Node {
 public:
  explicit Relay(NodeContext& context)
      : in_{context.subscribe<UInt64>("in")},
        out_{context.advertise<UInt64>("out")},
        name_{context.parameter("name", "relay")} {}
  void step(const Cycle& cycle) override {
    while (const auto in = in_.take()) {
      note(name_, cycle.now(), std::to_string(in->data));
      auto out = out_.loan();
      out->data = in->data;
      out_.publish(std::move(out));
    }
  }

 private:
  Subscriber<UInt64> in_;
  Publisher<UInt64> out_;
  std::string name_;
};

/// Relays on a thread of its own; says how much it found in one round. Ends after `rounds`.
class Loop final : public Node {
 public:
  explicit Loop(NodeContext& context)
      : context_{context},
        in_{context.subscribe<UInt64>("in")},
        out_{context.advertise<UInt64>("out")},
        rounds_{context.parameter("rounds", 1000)} {}
  void run(std::stop_token stop) override {
    while (!stop.stop_requested() && rounds_ > 0) {
      std::string found;
      while (const auto in = in_.take()) {
        found += std::to_string(in->data) + " ";
        auto out = out_.loan();
        out->data = in->data;
        out_.publish(std::move(out));
      }
      if (!found.empty()) {
        note("loop", context_.now(), found);
        --rounds_;
      }
      context_.wait_until(context_.now() + 1s);
    }
  }

 private:
  NodeContext& context_;
  Subscriber<UInt64> in_;
  Publisher<UInt64> out_;
  int rounds_;
};

class Waits final : public CoroutineNode {
 public:
  explicit Waits(NodeContext& context)
      : CoroutineNode{context}, context_{context}, in_{context.subscribe<UInt64>("in")} {}

 private:
  Task<> main() override {
    for (;;) {
      const auto [in, late] = co_await any_of(in_.next(), timeout(4ms));
      note("waits", context_.now(), in ? std::to_string(in->data) : "late");
    }
  }
  NodeContext& context_;
  Subscriber<UInt64> in_;
};

class SimulationTest : public ::testing::Test {
 protected:
  SimulationTest() { happened = &happened_; }

  NodeServices services() {
    NodeServices services{transport_, log_, [](const std::string&) { return DoorbellId{0}; }, {}};
    services.simulated = true;
    return services;
  }
  template <typename T>
  NodeRunner& add(const std::string& name, const Remaps& remaps, const Trigger& trigger,
                  NodeServices services, std::map<std::string, ParameterValue> parameters = {}) {
    auto& counters = *counters_.emplace_back(std::make_unique<NodeCounters>());
    NodeRunner::Options options{{"/" + name, remaps, std::move(parameters), {}, {}}, {trigger, 0, 0}};
    auto& node = *nodes_.emplace_back(std::make_unique<NodeRunner>(
        std::move(options), kEntryOf<T>, std::move(services), NodePlace{counters, times_, *recorder_, 0}));
    node.construct();
    return node;
  }
  template <typename T>
  NodeRunner& add(const std::string& name, const Remaps& remaps, const Trigger& trigger,
                  std::map<std::string, ParameterValue> parameters = {}) {
    return add<T>(name, remaps, trigger, services(), std::move(parameters));
  }
  void on_executor(const std::string& name, std::vector<NodeRunner*> nodes) {
    simulation_.add(std::make_unique<ExecutorAgent>(name, std::move(nodes), std::span<const std::string>{}));
  }
  NodeRunner& add_loop(const std::string& in, const std::string& out, std::int64_t takes_ns,
                       std::int64_t rounds = 1000) {
    auto agent = std::make_unique<LoopAgent>(clock_, takes_ns);
    NodeServices given = services();
    given.takes_ns = takes_ns;
    given.wait = [loop = agent.get()](Time until) { loop->wait_until(until); };
    NodeRunner& node = add<Loop>("loop", {{"in", in}, {"out", out}}, {TriggerKind::kSelfLooping, 0, 0, {}, 0},
                                 std::move(given), {{"rounds", rounds}});
    agent->set_node(node, transport_);
    simulation_.add(std::move(agent));
    return node;
  }
  static Trigger every(std::int64_t period_ns) { return {TriggerKind::kEvery, period_ns, 0, {}, 0}; }
  static Trigger on(const std::string& topic) { return {TriggerKind::kOn, 0, 0, {topic}, 0}; }
  std::string run(std::int64_t run_for_ns) { return simulation_.run(run_for_ns, std::stop_token{}); }

  std::vector<std::string> happened_;
  VirtualClock clock_{kSimulationStartNs};
  SimulatedTransport transport_;
  SilentLog log_;
  std::vector<std::unique_ptr<NodeCounters>> counters_;
  NodeTimes times_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  std::vector<std::unique_ptr<NodeRunner>> nodes_;
  Simulation simulation_{clock_, transport_};
};

TEST_F(SimulationTest, TheClockGoesFromInstantToInstantAndStandsStillWhileNodesWork) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(10 * kMs));
  NodeRunner& relay = add<Relay>("relay", {{"in", "/a"}, {"out", "/b"}}, on("/a"));
  on_executor("one", {&source});
  on_executor("two", {&relay});
  EXPECT_EQ(run(25 * kMs), "the time is over");
  EXPECT_THAT(happened_, ElementsAre("source@10: 1", "relay@10: 1", "source@20: 2", "relay@20: 2"));
  EXPECT_EQ(clock_.now_ns(), kSimulationStartNs + 25 * kMs);
}

TEST_F(SimulationTest, TheOutputOfASelfLoopingNodeAppearsAfterTheTimeItTakes) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(10 * kMs));
  on_executor("one", {&source});
  add_loop("/a", "/b", 25 * kMs);
  NodeRunner& relay = add<Relay>("relay", {{"in", "/b"}, {"out", "/c"}}, on("/b"));
  on_executor("two", {&relay});
  run(61 * kMs);
  EXPECT_THAT(happened_, ElementsAre("source@10: 1", "loop@10: 1 ", "source@20: 2", "source@30: 3",
                                     "loop@35: 2 3 ", "relay@35: 1", "source@40: 4", "source@50: 5",
                                     "source@60: 6", "loop@60: 4 5 6 ", "relay@60: 2", "relay@60: 3"));
}

TEST_F(SimulationTest, TimersAndDataOfACoroutineAreOnVirtualTime) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(10 * kMs));
  NodeRunner& waits = add<Waits>("waits", {{"in", "/a"}}, {TriggerKind::kCoroutine, 0, 0, {}, 0});
  on_executor("one", {&source, &waits});
  run(13 * kMs);
  EXPECT_THAT(happened_, ElementsAre("waits@4: late", "waits@8: late", "source@10: 1", "waits@10: 1"));
}

TEST_F(SimulationTest, ItEndsWithANodeThatEnds) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(10 * kMs));
  on_executor("one", {&source});
  simulation_.end_with(add_loop("/a", "/b", 0, 3));
  EXPECT_EQ(run(0), "node /loop ended");
  EXPECT_EQ(clock_.now_ns(), kSimulationStartNs + 40 * kMs) << "the message that ended its last wait";
}

TEST_F(SimulationTest, ItEndsWhenNothingIsLeftToHappen) {
  NodeRunner& relay = add<Relay>("relay", {{"in", "/a"}, {"out", "/b"}}, on("/a"));
  on_executor("one", {&relay});
  EXPECT_EQ(run(0), "nothing is left to happen");
}

TEST_F(SimulationTest, TwoExecutorsThatKeepEachOtherBusyAreNamed) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(10 * kMs));
  NodeRunner& there = add<Relay>("there", {{"in", "/a"}, {"out", "/b"}}, on("/a"));
  NodeRunner& back = add<Relay>("back", {{"in", "/b"}, {"out", "/a"}}, on("/b"));
  on_executor("one", {&source, &there});
  on_executor("two", {&back});
  try {
    run(0);
    FAIL() << "it came to an end";
  } catch (const HostError& error) {
    EXPECT_THAT(error.what(), HasSubstr("stands still 0.010000 s after the start: one"));
  }
}

TEST_F(SimulationTest, NothingIsLostHoweverFewMessagesAReaderAsksFor) {
  NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(kMs));
  on_executor("one", {&source});
  add_loop("/a", "/b", 100 * kMs);  // its input is 8 deep
  run(151 * kMs);
  const auto topics = transport_.topics();
  EXPECT_EQ(topics.at(0).messages, 150U);
  EXPECT_EQ(topics.at(0).dropped, 0U);
}

/// One run of a graph with all three kinds of nodes.
class Graph : public SimulationTest {
 public:
  void TestBody() override {}
  std::map<std::string, std::string> digests(std::int64_t period_ns) {
    NodeRunner& source = add<Source>("source", {{"out", "/a"}}, every(period_ns));
    NodeRunner& relay = add<Relay>("relay", {{"in", "/a"}, {"out", "/b"}}, on("/a"));
    on_executor("one", {&source, &relay});
    add_loop("/b", "/c", 7 * kMs);
    run(1000 * kMs);
    std::map<std::string, std::string> all;
    for (const SimulatedTopic& topic : transport_.topics()) all[topic.name] = topic.digest;
    return all;
  }
};

TEST(SimulationDigest, IsTheSameOfTwoRunsAndAnotherOfAnotherRun) {
  const auto first = Graph{}.digests(10 * kMs);
  EXPECT_EQ(first.size(), 3U);
  EXPECT_EQ(first, Graph{}.digests(10 * kMs));
  const auto other = Graph{}.digests(11 * kMs);
  for (const auto& [topic, digest] : first) EXPECT_NE(digest, other.at(topic)) << topic;
}

}  // namespace
}  // namespace tactus
