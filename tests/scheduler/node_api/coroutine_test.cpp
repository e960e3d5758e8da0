// SPDX-License-Identifier: Apache-2.0
#include "tactus/coroutine.hpp"

#include <gmock/gmock.h>

#include <std_msgs/msg/u_int64.hpp>
#include <string>

#include "allocations.hpp"
#include "tactus/testing/harness.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

/// A node with two inputs and an output; what it does is the main() of those that derive from it.
class Base : public CoroutineNode {
 public:
  explicit Base(NodeContext& context, const CoroutineOptions& options = {})
      : CoroutineNode{context, options},
        a_{context.subscribe<UInt64>("a")},
        b_{context.subscribe<UInt64>("b")},
        out_{context.advertise<UInt64>("out")} {}

  std::vector<std::string> said;

 protected:
  void say(std::uint64_t number) {
    auto out = out_.loan();
    out->data = number;
    out_.publish(std::move(out));
  }

  Subscriber<UInt64> a_, b_;
  Publisher<UInt64> out_;
};

Message<UInt64> number(std::uint64_t value) {
  Message<UInt64> message;
  message->data = value;
  return message;
}

template <typename NodeClass>
std::vector<std::uint64_t> published(testing::Harness<NodeClass>& node) {
  std::vector<std::uint64_t> numbers;
  for (const auto& message : node.template taken<UInt64>("out")) numbers.push_back(message->data);
  return numbers;
}

/// Publishes the sum of each pair of messages.
class Adder final : public Base {
  using Base::Base;
  Task<> main() override {
    for (;;) {
      const auto a = co_await a_.next();
      const auto b = co_await b_.next();
      say(a->data + b->data);
    }
  }
};

TEST(Coroutine, GoesOnWhenTheMessageItWaitsForIsThere) {
  testing::Harness<Adder> node;
  node.step_at(0ms);
  node.give("a", number(1));
  node.step_at(1ms);
  EXPECT_THAT(published(node), IsEmpty());
  node.give("a", number(2));
  node.give("b", number(10));
  node.step_at(2ms);
  EXPECT_THAT(published(node), ElementsAre(11));
}

TEST(Coroutine, OneStepServesAllThatIsThere) {
  testing::Harness<Adder> node;
  for (const std::uint64_t i : {1, 2, 3}) {
    node.give("a", number(i));
    node.give("b", number(10 * i));
  }
  node.step_at(0ms);
  EXPECT_THAT(published(node), ElementsAre(11, 22, 33));
}

class Sleeper final : public Base {
  using Base::Base;
  Task<> main() override {
    co_await sleep_until(Time{10ms});
    say(1);
    co_await timeout(5ms);
    say(2);
  }
};

TEST(Coroutine, SleepsUntilAnInstantAndForATime) {
  testing::Harness<Sleeper> node;
  node.step_at(1ms);
  node.step_at(9ms);
  EXPECT_THAT(published(node), IsEmpty());
  EXPECT_EQ(node.awaited().until, Time{10ms});
  node.step_at(11ms);
  EXPECT_THAT(published(node), ElementsAre(1));
  EXPECT_EQ(node.awaited().until, Time{16ms}) << "the timeout begins with the wait";
  node.step_at(16ms);
  EXPECT_THAT(published(node), ElementsAre(2));
  EXPECT_TRUE(node.awaited().over);
  node.step_at(20ms);
}

class Chooser final : public Base {
  using Base::Base;
  Task<> main() override {
    for (;;) {
      const auto [a, b, late] = co_await any_of(a_.next(), b_.next(), timeout(10ms));
      said.push_back((a ? "a" + std::to_string(a->data) : "") + (b ? "b" + std::to_string(b->data) : "") +
                     (late ? "late" : ""));
    }
  }
};

TEST(Coroutine, WaitsForAnyOfSeveralThings) {
  testing::Harness<Chooser> node;
  node.step_at(0ms);
  node.give("b", number(7));
  node.step_at(1ms);
  node.step_at(10ms);
  node.step_at(11ms);
  node.give("a", number(1));
  node.give("a", number(2));
  node.give("b", number(3));
  node.step_at(12ms);
  EXPECT_THAT(node.node().said, ElementsAre("b7", "late", "a1b3", "a2"));
}

/// Nested three deep: the sum of two messages, awaited in tasks that return values.
class Nested final : public Base {
  using Base::Base;
  Task<std::uint64_t> one(Subscriber<UInt64>& input) {
    const auto message = co_await input.next();
    co_return message->data;
  }
  Task<std::uint64_t> both() {
    const auto a = co_await one(a_);
    co_return a + co_await one(b_);
  }
  Task<> main() override {
    for (;;) say(co_await both());
  }
};

TEST(Coroutine, TasksAwaitTasksAndReturnValues) {
  testing::Harness<Nested> node;
  node.step_at(0ms);
  node.give("a", number(1));
  node.step_at(1ms);
  node.give("b", number(2));
  node.step_at(2ms);
  EXPECT_THAT(published(node), ElementsAre(3));
}

class CountingTasks final : public Base {
  using Base::Base;
  Task<std::uint64_t> next_of(std::uint64_t number) { co_return number + 1; }
  Task<> main() override {
    std::uint64_t count = 0;
    while (count < 1'000'000) count = co_await next_of(count);
    say(count);
  }
};

/// Waits for any of a message and a timer, in a task.
class WaitsInTask final : public CoroutineNode {
 public:
  explicit WaitsInTask(NodeContext& context) : CoroutineNode{context}, in_{context.subscribe<UInt64>("in")} {}

 private:
  Task<> main() override { co_await wait(); }
  Task<> wait() { co_await any_of(in_.next(), timeout(1h)); }
  Subscriber<UInt64> in_;
};

class Asleep final : public CoroutineNode {
  using CoroutineNode::CoroutineNode;
  Task<> main() override { co_await sleep_until(Time{1h}); }
};

template <typename NodeClass>
std::size_t idle_frame_bytes() {
  testing::Harness<NodeClass> node;
  node.step_at(0ms);
  return node.node().frame_bytes();
}

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// What docs/design/coroutines.md says an idle node costs.
TEST(Coroutine, AnIdleOneCostsSomeHundredBytes) {
  EXPECT_LE(idle_frame_bytes<Asleep>(), 208U);
  EXPECT_LE(idle_frame_bytes<WaitsInTask>(), 512U);
  EXPECT_LE(sizeof(CoroutineNode), 144U);
}
#endif

TEST(Coroutine, TheStackDoesNotGrowWithTheNumberOfTasks) {
  testing::Harness<CountingTasks> node;
  node.step_at(0ms);
  EXPECT_THAT(published(node), ElementsAre(1'000'000));
  EXPECT_LE(node.node().most_frame_bytes(), 1024U);
}

TEST(Coroutine, AllocatesNothingOnceItHasBegun) {
  if (!testing::counts_allocations()) GTEST_SKIP() << "sanitizers have an allocator of their own";
  testing::Harness<Nested> nested;
  nested.step_at(0ms);
  const auto round = [&](Duration now) {
    nested.give("a", number(1));
    nested.give("b", number(2));
    const std::uint64_t before = testing::allocations_of_this_thread();
    nested.node().step(Cycle{0, Time{now}, Time{now}});
    nested.node().step(Cycle{0, Time{now}, Time{now}});
    return testing::allocations_of_this_thread() - before;
  };
  static_cast<void>(round(1ms));  // the transport makes its slots
  for (int i = 2; i < 10; ++i) EXPECT_EQ(round(i * 1ms), 0U);
  EXPECT_EQ(published(nested).size(), 9U);
}

class Thrower final : public Base {
  using Base::Base;
  Task<> deep() {
    co_await a_.next();
    throw std::runtime_error{"broken on purpose"};
  }
  Task<> main() override {
    try {
      co_await deep();
    } catch (const std::runtime_error&) {
      said.emplace_back("caught");
      throw;
    }
  }
};

TEST(Coroutine, WhatATaskThrowsComesOutOfTheWaitForItAndOutOfTheNode) {
  testing::Harness<Thrower> node;
  node.step_at(0ms);
  node.give("a", number(1));
  EXPECT_THROW(node.step_at(1ms), std::runtime_error);
  EXPECT_THAT(node.node().said, ElementsAre("caught"));
  EXPECT_TRUE(node.awaited().over);
  EXPECT_EQ(node.node().frame_bytes(), 0U);
}

class Deep final : public Base {
 public:
  explicit Deep(NodeContext& context) : Base{context, {.frame_bytes = 1000}} {}

 private:
  Task<> down() {
    co_await down();
    co_await a_.next();
  }
  Task<> main() override { co_await down(); }
};

TEST(Coroutine, FramesThatDoNotFitAreAnErrorWithTheirBytes) {
  testing::Harness<Deep> node;
  try {
    node.step_at(0ms);
    FAIL() << "it went on";
  } catch (const FramesExhausted& error) {
    EXPECT_THAT(error.what(), HasSubstr("does not fit"));
    EXPECT_THAT(error.what(), HasSubstr("1008 B are in use"));
    EXPECT_THAT(error.what(), HasSubstr(".frame_bytes = "));
  }
  EXPECT_EQ(node.node().frame_bytes(), 0U) << "what had begun is unwound";
}

class Misplaced final : public Base {
 public:
  using Base::Base;
  void start() override { static_cast<void>(main()); }

 private:
  Task<> main() override { co_return; }
};

TEST(Coroutine, ATaskOutsideOfTheCoroutineIsRefused) {
  EXPECT_THROW(testing::Harness<Misplaced>{}, std::logic_error);
}

/// Holds tasks and gives them back in another order than it made them.
class OutOfOrder final : public Base {
  using Base::Base;
  Task<> wait_for(Subscriber<UInt64>& input) {
    said.push_back(std::to_string((co_await input.next())->data));
  }
  Task<> main() override {
    std::optional<Task<>> first{wait_for(a_)};
    Task<> second = wait_for(b_);
    co_await *std::move(first);
    first.reset();
    Task<> third = wait_for(a_);
    co_await std::move(third);
    co_await std::move(second);
    said.push_back(std::to_string(most_frame_bytes() > frame_bytes() ? 1 : 0));
  }
};

TEST(Coroutine, TasksMayEndInAnyOrder) {
  testing::Harness<OutOfOrder> node;
  for (const std::uint64_t i : {1, 2}) node.give("a", number(i));
  node.give("b", number(3));
  node.step_at(0ms);
  EXPECT_THAT(node.node().said, ElementsAre("1", "2", "3", ::testing::_));
  EXPECT_EQ(node.node().frame_bytes(), 0U);
}

/// Members, as a real node has them, that what lives in the frames refers to.
class Cancelled final : public Base {
 public:
  using Base::Base;
  void stop() override { said.emplace_back("stop"); }
  static inline std::vector<std::string> destroyed;

 private:
  struct Guard {
    explicit Guard(const char* what) : name{what} {}
    ~Guard() { destroyed.push_back(name); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    std::string name;
  };
  Task<> inner() {
    const Guard guard{"inner"};
    const auto held = co_await a_.next();
    const Guard later{"later"};
    co_await b_.next();
  }
  Task<> main() override {
    const Guard guard{"outer"};
    co_await inner();
  }
};

TEST(Coroutine, CancellingDestroysWhatIsAliveInnermostFirst) {
  Cancelled::destroyed.clear();
  testing::Harness<Cancelled> node;
  node.give("a", number(1));
  node.step_at(0ms);
  node.cancel();
  EXPECT_THAT(Cancelled::destroyed, ElementsAre("later", "inner", "outer"));
  node.cancel();
  EXPECT_EQ(Cancelled::destroyed.size(), 3U);
}

}  // namespace
}  // namespace tactus
