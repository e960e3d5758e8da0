// SPDX-License-Identifier: Apache-2.0
#include "release.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <utility>

namespace tactus {
namespace {

using testing::ElementsAre;

TEST(Grid, FirstInstantIsTheNextMultipleOfThePeriod) {
  Grid grid{1000, 0};
  grid.start(12'345);
  EXPECT_EQ(grid.next_ns(), 13'000);
}

TEST(Grid, OffsetShiftsThePhase) {
  Grid grid{1000, 300};
  grid.start(12'100);
  EXPECT_EQ(grid.next_ns(), 12'300);
}

TEST(Grid, NothingIsDueBeforeTheInstant) {
  Grid grid{1000, 0};
  grid.start(0);
  EXPECT_FALSE(grid.take(999));
}

TEST(Grid, LateServiceKeepsThePhase) {
  Grid grid{1000, 0};
  grid.start(0);
  const auto due = grid.take(1700);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->instant_ns, 1000);
  EXPECT_EQ(due->skipped, 0u);
  EXPECT_EQ(grid.next_ns(), 2000);
}

TEST(Grid, InstantsNobodyServedAreSkippedAndCounted) {
  Grid grid{1000, 0};
  grid.start(0);
  const auto due = grid.take(4200);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->instant_ns, 4000);
  EXPECT_EQ(due->skipped, 3u);
  EXPECT_EQ(grid.next_ns(), 5000);
}

TEST(Grid, ABacklogIsServedOneByOneAndWhatIsOlderIsSkipped) {
  Grid grid{1000, 0, 2};
  grid.start(0);
  const auto oldest = grid.take(5'500);
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->instant_ns, 3'000);
  EXPECT_EQ(oldest->skipped, 2u);
  EXPECT_EQ(grid.take(5'500)->instant_ns, 4'000);
  EXPECT_EQ(grid.take(5'500)->instant_ns, 5'000);
  EXPECT_FALSE(grid.take(5'500));
}

TEST(MatchStamps, AcceptsUpToTheTolerance) {
  EXPECT_TRUE(match_stamps(std::vector<std::int64_t>{100, 105, 110}, 10).matched);
}

TEST(MatchStamps, DiscardsTheOldestBeyondIt) {
  const Match match = match_stamps(std::vector<std::int64_t>{105, 99, 110}, 10);
  EXPECT_FALSE(match.matched);
  EXPECT_EQ(match.discard, 1u);
}

TEST(MatchStamps, TellsTheOldestOfStampsThatLieTooFarApartForADifference) {
  const auto [least, most] =
      std::pair{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  const Match match = match_stamps(std::vector<std::int64_t>{most, least}, 10);
  EXPECT_FALSE(match.matched);
  EXPECT_EQ(match.discard, 1u);
}

TEST(DataFlowOrder, PublishersComeBeforeTheirReaders) {
  const std::vector<Flow> flows{{{"/b"}, {"/c"}}, {{"/a"}, {"/b"}}, {{}, {"/a"}, true}};
  EXPECT_THAT(data_flow_order(flows), ElementsAre(2, 1, 0));
}

TEST(DataFlowOrder, UnrelatedNodesKeepTheirOrder) {
  const std::vector<Flow> flows{{{}, {"/a"}}, {{}, {"/b"}}, {{"/x"}, {}}};
  EXPECT_THAT(data_flow_order(flows), ElementsAre(0, 1, 2));
}

TEST(DataFlowOrder, ACycleIsCutAtItsPeriodicNode) {
  const std::vector<Flow> flows{{{"/control"}, {"/state"}}, {{"/state"}, {"/control"}, true}};
  EXPECT_THAT(data_flow_order(flows), ElementsAre(1, 0));
}

TEST(DataFlowOrder, ANodeBehindACycleComesLastEvenWhenItIsPeriodic) {
  const std::vector<Flow> flows{{{"/b"}, {"/a"}, false}, {{"/a"}, {"/b"}, false}, {{"/b"}, {}, true}};
  EXPECT_THAT(data_flow_order(flows), ElementsAre(0, 1, 2));
}

TEST(CallOrder, WhatIsGivenCountsMoreThanTheData) {
  const std::vector<Flow> flows{{{"/a"}, {"/b"}, false, "/second"}, {{}, {"/a"}, false, "/first"}};
  EXPECT_THAT(call_order(flows, std::vector<std::string>{"/second", "/first"}), ElementsAre(0, 1));
  EXPECT_THAT(call_order(flows, {}), ElementsAre(1, 0));
}

TEST(DataFlowOrder, ANodeThatReadsItsOwnOutputIsNoCycle) {
  const std::vector<Flow> flows{{{"/a"}, {"/a"}}, {{"/a"}, {}}};
  EXPECT_THAT(data_flow_order(flows), ElementsAre(0, 1));
}

}  // namespace
}  // namespace tactus
