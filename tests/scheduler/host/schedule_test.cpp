// SPDX-License-Identifier: Apache-2.0
#include "schedule.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <limits>
#include <map>

#include "allocations.hpp"

namespace tactus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

/// Messages by node and input, each with its stamp; published when stamped.
class Queues final : public Arrivals {
 public:
  std::deque<std::int64_t>& of(std::size_t node, std::size_t input) { return queues_[{node, input}]; }
  std::optional<Oldest> oldest(std::size_t node, std::size_t input) override {
    const auto& queue = of(node, input);
    return queue.empty() ? std::nullopt : std::optional{Oldest{queue.front(), queue.front()}};
  }
  [[nodiscard]] bool any(std::size_t node, std::size_t input) const override {
    const auto queue = queues_.find({node, input});
    return queue != queues_.end() && !queue->second.empty();
  }
  void discard(std::size_t node, std::size_t input) override {
    discarded.emplace_back(node, of(node, input).front());
    of(node, input).pop_front();
  }
  std::vector<std::pair<std::size_t, std::int64_t>> discarded;

 private:
  std::map<std::pair<std::size_t, std::size_t>, std::deque<std::int64_t>> queues_;
};

NodeRules every(std::int64_t period_ns, OnOverrun on_overrun = OnOverrun::kSkip) {
  return {.trigger = {TriggerKind::kEvery, period_ns, 0, {}, 0, on_overrun}};
}
NodeRules on() { return {.trigger = {TriggerKind::kOn, 0, 0, {"/in"}}}; }
NodeRules on_all(std::int64_t tolerance_ns) {
  return {.trigger = {TriggerKind::kOnAll, 0, 0, {"/left", "/right"}, tolerance_ns}};
}

class ScheduleTest : public ::testing::Test {
 protected:
  static Schedule started(const std::vector<NodeRules>& nodes) {
    Schedule schedule{nodes};
    for (std::size_t node = 0; node < nodes.size(); ++node) schedule.set_running(node, true, 0);
    return schedule;
  }
  /// (node, release) of one pass; what calls a node is taken.
  std::vector<std::pair<std::size_t, std::int64_t>> pass(Schedule& schedule, std::int64_t now_ns) {
    std::vector<std::pair<std::size_t, std::int64_t>> calls;
    schedule.begin_pass(now_ns);
    while (const auto release = schedule.next(queues_)) {
      calls.emplace_back(release->node, release->released_ns);
      skipped_ += release->skipped;
      for (const std::size_t input : {0, 1})
        if (!queues_.of(release->node, input).empty()) queues_.of(release->node, input).pop_front();
      if (calls.size() > 10'000) break;
    }
    return calls;
  }
  Queues queues_;
  std::uint64_t skipped_ = 0;
};

TEST_F(ScheduleTest, NobodyIsCalledBeforeItsInstant) {
  Schedule schedule = started({every(10)});
  EXPECT_THAT(pass(schedule, 9), IsEmpty());
  EXPECT_THAT(pass(schedule, 10), ElementsAre(Pair(0, 10)));
  EXPECT_THAT(pass(schedule, 10), IsEmpty());
  EXPECT_EQ(schedule.next_ns(), 20);
}

TEST_F(ScheduleTest, AfterALongStopOneTickIsServedAndTheRestIsReported) {
  Schedule schedule = started({every(10)});
  EXPECT_THAT(pass(schedule, 10'005), ElementsAre(Pair(0, 10'000)));
  EXPECT_EQ(skipped_, 999U);
  EXPECT_EQ(schedule.next_ns(), 10'010);
}

TEST_F(ScheduleTest, CatchingUpServesEachTickAndEndsAtABound) {
  Schedule schedule = started({every(10, OnOverrun::kCatchUp)});
  EXPECT_THAT(pass(schedule, 30), ElementsAre(Pair(0, 10), Pair(0, 20), Pair(0, 30)));
  EXPECT_EQ(skipped_, 0U);
  EXPECT_EQ(pass(schedule, 10'030).size(), kMostReleasesPerPass);
  EXPECT_EQ(skipped_, 1000U - kMostReleasesPerPass);
}

TEST_F(ScheduleTest, AMessageIsACall) {
  Schedule schedule = started({on()});
  queues_.of(0, 0) = {3, 5};
  EXPECT_TRUE(schedule.waiting(queues_));
  EXPECT_THAT(pass(schedule, 6), ElementsAre(Pair(0, 3), Pair(0, 5)));
  EXPECT_FALSE(schedule.waiting(queues_));
  EXPECT_EQ(schedule.next_ns(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(ScheduleTest, WhoIsFedFasterThanItRunsLeavesRoomForItsNeighbours) {
  Schedule schedule = started({on(), every(10)});
  queues_.of(0, 0) = std::deque<std::int64_t>(1000, 1);
  const auto calls = pass(schedule, 10);
  EXPECT_EQ(calls.size(), kMostReleasesPerPass + 1);
  EXPECT_THAT(calls.back(), Pair(1, 10));
  EXPECT_TRUE(schedule.waiting(queues_));
}

TEST_F(ScheduleTest, ASetIsReleasedWhenItsLastMessageCame) {
  Schedule schedule = started({on_all(2)});
  queues_.of(0, 0) = {1, 10, 20};
  queues_.of(0, 1) = {11};
  EXPECT_THAT(pass(schedule, 30), ElementsAre(Pair(0, 11)));
  EXPECT_THAT(queues_.discarded, ElementsAre(Pair(0, 1)));
  EXPECT_FALSE(schedule.waiting(queues_));
}

TEST_F(ScheduleTest, WhoFaultsInAPassIsNotCalledAgainInIt) {
  Schedule schedule = started({on(), on()});
  queues_.of(0, 0) = {1, 2};
  queues_.of(1, 0) = {3};
  schedule.begin_pass(4);
  ASSERT_EQ(schedule.next(queues_)->node, 0U);
  schedule.set_running(0, false, 4);
  EXPECT_EQ(schedule.next(queues_)->node, 1U);
}

TEST_F(ScheduleTest, WhoComesBackKeepsItsPhaseAndOwesNothing) {
  Schedule schedule = started({every(10)});
  schedule.set_running(0, false, 5);
  EXPECT_THAT(pass(schedule, 1000), IsEmpty());
  schedule.set_running(0, true, 1003);
  EXPECT_THAT(pass(schedule, 1012), ElementsAre(Pair(0, 1010)));
  EXPECT_EQ(skipped_, 0U);
}

TEST_F(ScheduleTest, WhatACallMissedIsToldByItsTimes) {
  const NodeRules rules{.trigger = {}, .deadline_ns = 10, .budget_ns = 3};
  const Release release{0, 100, 0};
  EXPECT_FALSE(judge(rules, release, 110, 3).deadline);
  EXPECT_TRUE(judge(rules, release, 111, 3).deadline);
  EXPECT_FALSE(judge(rules, release, 110, 3).budget);
  EXPECT_TRUE(judge(rules, release, 110, 4).budget);
  EXPECT_FALSE(judge({}, release, 1'000'000, 1'000'000).deadline);
}

TEST_F(ScheduleTest, NothingIsAllocatedAfterConstruction) {
  Schedule schedule = started({every(10), on(), on_all(2)});
  class Always final : public Arrivals {
    std::optional<Oldest> oldest(std::size_t, std::size_t) override { return Oldest{1, 1}; }
    [[nodiscard]] bool any(std::size_t, std::size_t) const override { return true; }
    void discard(std::size_t, std::size_t) override {}
  } always;
  const auto before = testing::allocations_of_this_thread();
  schedule.begin_pass(1000);
  int calls = 0;
  while (schedule.next(always)) ++calls;
  EXPECT_EQ(testing::allocations_of_this_thread(), before);
  EXPECT_EQ(calls, 1 + 2 * static_cast<int>(kMostReleasesPerPass));
}

}  // namespace
}  // namespace tactus
