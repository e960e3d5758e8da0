// SPDX-License-Identifier: Apache-2.0
#include "misses.hpp"

#include <gmock/gmock.h>

#include "flight_story.hpp"

namespace tactus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MissesTest : public testing::Test {
 protected:
  std::vector<Miss> misses() { return find_misses({story_.process}); }
  Miss only_miss() {
    const auto all = misses();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Miss{} : all.front();
  }
  Story story_;
};

TEST_F(MissesTest, NothingIsMissedWhereEverythingIsInTime) {
  const auto head = story_.thread("head", 80);
  const auto node = story_.node("/a", 1000, 500);
  story_.call(head, node, 0, {0, 5, 100});
  EXPECT_THAT(misses(), IsEmpty());
}

TEST_F(MissesTest, ANodeThatRunsOverItsBudgetMakesItselfLate) {
  const auto head = story_.thread("head", 80);
  const auto node = story_.node("/a", 1000, 500);
  story_.call(head, node, 7, {0, 5, 1505});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.kind, MissKind::kDeadline);
  EXPECT_EQ(miss.node, "/a");
  EXPECT_EQ(miss.thread, "head");
  EXPECT_EQ(miss.process, "main");
  EXPECT_EQ(miss.cycle, 7u);
  EXPECT_EQ(miss.by_ns, 505'000);
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kOwnRunTime);
  EXPECT_EQ(miss.culprit.took_ns, 1'000'000) << "what exceeds the budget";
  EXPECT_TRUE(miss.culprit.over_budget);
}

TEST_F(MissesTest, TheNodeThatTheSameThreadCalledFirstIsTheCulprit) {
  const auto head = story_.thread("head", 80);
  const auto slow = story_.node("/slow", 0, 500);
  const auto quick = story_.node("/quick");
  const auto late = story_.node("/late", 1000);
  story_.call(head, slow, 3, {0, 0, 2000});
  story_.call(head, quick, 3, {0, 2000, 2010});
  story_.call(head, late, 4, {0, 2010, 2200});
  const auto all = misses();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, MissKind::kBudget);
  EXPECT_EQ(all[0].node, "/slow");
  EXPECT_EQ(all[0].by_ns, 1'500'000);
  EXPECT_THAT(all[0].also_hit, ElementsAre("/late"));
  EXPECT_EQ(all[1].kind, MissKind::kDeadline);
  EXPECT_EQ(all[1].culprit.kind, CulpritKind::kEarlierNode);
  EXPECT_EQ(all[1].culprit.node, "/slow");
  EXPECT_EQ(all[1].culprit.cycle, 3u);
  EXPECT_EQ(all[1].culprit.took_ns, 2'000'000);
  EXPECT_TRUE(all[1].culprit.over_budget);
}

TEST_F(MissesTest, OnlyTheTimeAfterTheReleaseCounts) {
  const auto head = story_.thread("head", 80);
  const auto long_ago = story_.node("/long_ago");
  const auto late = story_.node("/late", 1000);
  story_.call(head, long_ago, 0, {0, 0, 5000});
  story_.call(head, late, 0, {4900, 5000, 6200});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kOwnRunTime) << "1200 us of its own, 100 us of the other";
}

TEST_F(MissesTest, AThreadOfHigherPriorityOnTheSameCpuPreempts) {
  const auto low = story_.thread("low", 10);
  const auto high = story_.thread("high", 80);
  const auto victim = story_.node("/victim", 1000, 900);
  const auto burst = story_.node("/burst");
  story_.call(low, victim, 1, {0, 10, 3000});
  story_.call(high, burst, 9, {100, 100, 2500});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kPreemption);
  EXPECT_EQ(miss.culprit.node, "/burst");
  EXPECT_EQ(miss.culprit.thread, "high");
  EXPECT_EQ(miss.culprit.cycle, 9u);
  EXPECT_EQ(miss.culprit.took_ns, 2'400'000);
}

TEST_F(MissesTest, AnotherCpuOrALowerPriorityTakesNothingAway) {
  const auto mine = story_.thread("mine", 50);
  const auto elsewhere = story_.thread("elsewhere", 80);
  const auto below = story_.thread("below", 10);
  const auto victim = story_.node("/victim", 1000);
  const auto other = story_.node("/other");
  story_.call(mine, victim, 1, {0, 10, 3000}, 0);
  story_.call(elsewhere, other, 1, {0, 0, 3000}, 1);
  story_.call(below, other, 2, {0, 0, 3000}, 0);
  EXPECT_EQ(only_miss().culprit.kind, CulpritKind::kOwnRunTime);
}

TEST_F(MissesTest, AThreadOfTheSamePriorityHoldsUpTheStartOnly) {
  const auto mine = story_.thread("mine", 50);
  const auto same = story_.thread("same", 50);
  const auto victim = story_.node("/victim", 1000);
  const auto other = story_.node("/other");
  story_.call(same, other, 5, {0, 0, 2000});
  story_.call(mine, victim, 1, {0, 2000, 2100});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kPreemption);
  EXPECT_EQ(miss.culprit.node, "/other");
}

TEST_F(MissesTest, WhereNothingElseRanTheMachineWokeTheThreadLate) {
  const auto head = story_.thread("head", 80);
  const auto node = story_.node("/a", 1000);
  story_.call(head, node, 0, {0, 1800, 1900});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kWakeUp);
  EXPECT_EQ(miss.culprit.thread, "head");
  EXPECT_EQ(miss.culprit.took_ns, 1'800'000);
}

TEST_F(MissesTest, AMessageThatWaitedForItsReaderToStartIsNotTheMachinesFault) {
  const auto head = story_.thread("head", 80);
  const auto late = story_.node("/late", 1000);
  story_.begin(head, late, 0, {9000, 9000, 9100}, 0, NodePhase::kStart);
  story_.end(head, late, 0, {9000, 9000, 9100});
  story_.call(head, late, 0, {100, 9200, 9250});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kStart);
  EXPECT_EQ(miss.culprit.took_ns, 9'000'000);
  EXPECT_EQ(to_text(miss),
            "/late missed its deadline by 8.2 ms in cycle 0: it was due 9.0 ms before 'head' had "
            "started it (start_after: lets its publisher wait)");
}

TEST_F(MissesTest, AStartLongAgoExcusesNobody) {
  const auto head = story_.thread("head", 80);
  const auto late = story_.node("/late", 1000);
  story_.begin(head, late, 0, {0, 0, 100}, 0, NodePhase::kStart);
  story_.end(head, late, 0, {0, 0, 100});
  story_.call(head, late, 0, {200, 9200, 9250});
  EXPECT_EQ(only_miss().culprit.kind, CulpritKind::kWakeUp);
}

TEST_F(MissesTest, ABudgetThatOnlyAPreemptionExceedsIsNotTheNodesFault) {
  const auto low = story_.thread("low", 0);
  const auto high = story_.thread("high", 80);
  const auto victim = story_.node("/victim", 0, 500);
  const auto burst = story_.node("/burst");
  story_.call(low, victim, 1, {0, 0, 800});
  story_.call(high, burst, 2, {100, 100, 600});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.kind, MissKind::kBudget);
  EXPECT_EQ(miss.by_ns, 300'000);
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kPreemption);
}

TEST_F(MissesTest, InstantsThatWereLeftOutAreBlamedOnWhatRanThen) {
  const auto head = story_.thread("head", 80);
  const auto blocker = story_.node("/blocker");
  const auto ticker = story_.node("/ticker", 0, 0, 1000);
  story_.call(head, ticker, 0, {0, 0, 10});
  story_.call(head, blocker, 0, {500, 500, 3400});
  story_.skip(head, ticker, 2, 3400);
  story_.call(head, ticker, 1, {3000, 3400, 3410});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.kind, MissKind::kSkipped);
  EXPECT_EQ(miss.count, 2u);
  EXPECT_EQ(miss.culprit.kind, CulpritKind::kEarlierNode);
  EXPECT_EQ(miss.culprit.node, "/blocker");
}

TEST_F(MissesTest, ACallThatThrewIsAFault) {
  const auto head = story_.thread("head", 80);
  const auto node = story_.node("/a");
  story_.call(head, node, 0, {0, 0, 10});
  story_.process.threads[head].records.back().flags = kFlightFaulted;
  EXPECT_EQ(only_miss().kind, MissKind::kFault);
}

TEST_F(MissesTest, AnInputOfACallThatWasLateItselfIsNamed) {
  const auto sensor = story_.thread("sensor", 80);
  const auto reader = story_.thread("reader", 50);
  const auto source = story_.node("/source", 1000);
  const auto sink = story_.node("/sink", 100);
  const auto out = story_.endpoint("/imu", 77, true);
  const auto in = story_.endpoint("/imu", 78, false);
  story_.begin(sensor, source, 4, {0, 0, 1500});
  story_.publish(sensor, source, out, 5, 1400);
  story_.end(sensor, source, 4, {0, 0, 1500});
  story_.begin(reader, sink, 9, {1400, 1410, 1600}, 1);
  story_.take(reader, sink, in, 77, 5, 1410);
  story_.end(reader, sink, 9, {1400, 1410, 1600}, 1);
  const auto all = misses();
  ASSERT_EQ(all.size(), 2u);
  ASSERT_TRUE(all[1].late_input);
  EXPECT_EQ(all[1].late_input->topic, "/imu");
  EXPECT_EQ(all[1].late_input->node, "/source");
  EXPECT_EQ(all[1].late_input->cycle, 4u);
  EXPECT_THAT(to_text(all[1]), HasSubstr("its input /imu came late from /source (cycle 4)"));
}

TEST_F(MissesTest, ACallThatHasNotEndedIsNoMissYetButACulprit) {
  const auto low = story_.thread("low", 10);
  const auto high = story_.thread("high", 80);
  const auto victim = story_.node("/victim", 1000);
  const auto hang = story_.node("/hang", 10);
  story_.begin(high, hang, 0, {0, 0, 0});
  story_.write(high, {.when_ns = 5'000'000, .kind = FlightKind::kDrop, .node = hang});
  story_.call(low, victim, 1, {0, 4000, 4100});
  const Miss miss = only_miss();
  EXPECT_EQ(miss.node, "/victim");
  EXPECT_EQ(miss.culprit.node, "/hang");
}

TEST_F(MissesTest, TheSentenceNamesVictimCulpritAndCycle) {
  const auto head = story_.thread("head", 80);
  const auto slow = story_.node("/slow", 0, 500);
  const auto late = story_.node("/late", 1000);
  story_.call(head, slow, 3, {0, 0, 2000});
  story_.call(head, late, 4, {0, 2000, 2200});
  EXPECT_EQ(
      to_text(misses()[1]),
      "/late missed its deadline by 1.2 ms in cycle 4: /slow, which 'head' called first (cycle 3, 2.0 ms, "
      "over its budget)");
}

TEST(FlightView, DamagedRecordsHarmNobody) {
  Story story;
  const auto head = story.thread("head", 80);
  story.write(head, {.kind = FlightKind::kEnd, .node = 900});
  story.write(head, {.when_ns = 5, .kind = FlightKind::kStart, .flags = 200, .cpu = 9999, .node = 900});
  story.write(head, {.when_ns = 6, .kind = static_cast<FlightKind>(250), .node = 900});
  story.write(head, {.when_ns = 9, .kind = FlightKind::kEnd, .flags = 255, .node = 900});
  EXPECT_EQ(find_misses({story.process}).size(), 1u);
  EXPECT_EQ(newest_record_ns({story.process}), 9);
}

}  // namespace
}  // namespace tactus
