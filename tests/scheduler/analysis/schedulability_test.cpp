// SPDX-License-Identifier: Apache-2.0
#include "schedulability.hpp"

#include <gmock/gmock.h>

namespace tactus {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

class SchedulabilityTest : public testing::Test {
 protected:
  std::size_t thread(int rank, std::vector<int> cpus = {0}) {
    load_.threads.push_back({"t" + std::to_string(load_.threads.size()), rank, std::move(cpus), false});
    return load_.threads.size() - 1;
  }
  LoadNode& every(const std::string& name, std::size_t on, std::int64_t budget_ms, std::int64_t period_ms) {
    LoadNode& node = load_.nodes.emplace_back();
    node.name = name;
    node.thread = on;
    node.budget_ns = budget_ms * kMs;
    node.period_ns = period_ms * kMs;
    return node;
  }
  LoadNode& called(const std::string& name, std::size_t on, std::int64_t budget_ms,
                   const std::string& topic) {
    LoadNode& node = every(name, on, budget_ms, 0);
    node.triggers = {topic};
    return node;
  }
  Schedulability analysed() { return analyse(load_); }
  std::int64_t response_ms(const std::string& name) {
    for (const NodeVerdict& node : analysed().nodes) {
      if (node.node == name) return node.response_ns / kMs;
    }
    return -1;
  }
  Load load_;
};

// Joseph and Pandya's recurrence on three tasks of one CPU: C = 1, 2, 3 and T = 4, 6, 13.
// R3: 6 -> 3 + 2*1 + 1*2 = 7 -> 3 + 2*1 + 2*2 = 9 -> 3 + 3*1 + 2*2 = 10 -> 10.
TEST_F(SchedulabilityTest, ThreadsOfOneCpuPreemptEachOtherByPriority) {
  every("/a", thread(30), 1, 4);
  every("/b", thread(20), 2, 6);
  every("/c", thread(10), 3, 13);
  EXPECT_EQ(response_ms("/a"), 1);
  EXPECT_EQ(response_ms("/b"), 3);
  EXPECT_EQ(response_ms("/c"), 10);
  EXPECT_EQ(analysed().verdict, Verdict::kSchedulable);
  EXPECT_NEAR(analysed().cpus.at(0).utilisation, 1.0 / 4 + 2.0 / 6 + 3.0 / 13, 1e-9);
}

// The same with T3 = 9: 10 is more.
TEST_F(SchedulabilityTest, TheFirstNodeThatMissesIsNamedWithItsNumbers) {
  every("/a", thread(30), 1, 4);
  every("/b", thread(20), 2, 6);
  every("/c", thread(10), 3, 9);
  const Schedulability result = analysed();
  EXPECT_EQ(result.verdict, Verdict::kNotSchedulable);
  EXPECT_EQ(result.first, "/c");
  EXPECT_EQ(result.why, "it may take 10.000 ms from its release to its end, its period is 9.000 ms");
}

TEST_F(SchedulabilityTest, ADeadlineShorterThanThePeriodCounts) {
  every("/a", thread(30), 1, 4);
  every("/b", thread(20), 2, 6).deadline_ns = 2 * kMs;
  EXPECT_THAT(analysed().why, HasSubstr("its deadline is 2.000 ms"));
}

TEST_F(SchedulabilityTest, MoreWorkThanTheCpuCanDoNeverEnds) {
  every("/a", thread(30), 10, 10);
  every("/b", thread(20), 1, 10);
  EXPECT_EQ(analysed().first, "/b");
  EXPECT_THAT(analysed().why, HasSubstr("pile up without end"));
}

// One thread, order a, b, c. A release just after its turn: the rest of the pass, then who comes first in the
// next. a: 1 + 2 + 3 = 6. b: 2*1 + 2 + 3 = 7. c: 2*1 + 2*2 + 3 = 9.
TEST_F(SchedulabilityTest, NodesOfOneThreadWaitForThePassTheyMissed) {
  const auto head = thread(50);
  every("/a", head, 1, 20);
  every("/b", head, 2, 20);
  every("/c", head, 3, 20);
  EXPECT_EQ(response_ms("/a"), 6);
  EXPECT_EQ(response_ms("/b"), 7);
  EXPECT_EQ(response_ms("/c"), 9);
}

// source -> relay -> sink on one thread: what the pass causes downstream joins it.
// source: 1 + 2 + 3 = 6. relay: from the start of source, 1 + 2 = 3. sink: from the start of relay, 2 + 3
// = 5.
TEST_F(SchedulabilityTest, WhatAPassCausesDownstreamJoinsIt) {
  const auto head = thread(50);
  every("/source", head, 1, 20).publishes = {"/x"};
  called("/relay", head, 2, "/x").publishes = {"/y"};
  called("/sink", head, 3, "/y");
  EXPECT_EQ(response_ms("/source"), 6);
  EXPECT_EQ(response_ms("/relay"), 3);
  EXPECT_EQ(response_ms("/sink"), 5);
  load_.chains = {{"all", {"/source", "/relay", "/sink"}}};
  EXPECT_EQ(analysed().chains.at(0).bound_ns, 14 * kMs);
}

// A reader by its own clock finds the message up to a period old: 2 + (10 + 3).
TEST_F(SchedulabilityTest, AReaderByItsOwnClockAddsItsPeriodToTheChain) {
  every("/source", thread(50, {0}), 2, 20).publishes = {"/x"};
  every("/display", thread(40, {1}), 3, 10);
  load_.cpus = 2;
  load_.chains = {{"all", {"/source", "/display"}}};
  EXPECT_EQ(analysed().chains.at(0).bound_ns, 15 * kMs);
}

// The relay of the higher thread comes up to R(source) = 2 late, so two of its calls may fall into a window
// of the low thread that is 9 long: 5 -> 5 + ceil((5+2)/10)*4 = 9 -> 5 + ceil((9+2)/10)*4 = 13 -> 13.
TEST_F(SchedulabilityTest, AReleaseByMessageComesAsLateAsItsSource) {
  load_.cpus = 2;
  every("/source", thread(90, {1}), 2, 10).publishes = {"/x"};
  called("/relay", thread(50, {0}), 4, "/x");
  every("/low", thread(10, {0}), 5, 20);
  EXPECT_EQ(response_ms("/source"), 2);
  EXPECT_EQ(response_ms("/relay"), 4);
  EXPECT_EQ(response_ms("/low"), 13);
}

TEST_F(SchedulabilityTest, ThreadsOnDifferentCpusDoNotDisturbEachOther) {
  load_.cpus = 2;
  every("/a", thread(30, {0}), 9, 10);
  every("/b", thread(20, {1}), 9, 10);
  EXPECT_EQ(response_ms("/b"), 9);
  EXPECT_EQ(analysed().verdict, Verdict::kSchedulable);
}

// Two CPUs, any thread on any: the low one waits only while both are busy. 4 + (2*5 + 2*5)/2: one call of
// each in the window and one that reaches into it.
TEST_F(SchedulabilityTest, OnSeveralCpusOnlyTheWorkOfAllTogetherHoldsAThreadUp) {
  load_.cpus = 2;
  every("/a", thread(30, {}), 5, 100);
  every("/b", thread(20, {}), 5, 100);
  every("/c", thread(10, {}), 4, 100);
  EXPECT_EQ(response_ms("/c"), 14);
  EXPECT_NEAR(analysed().cpus.at(1).utilisation, 0.07, 1e-9);
}

TEST_F(SchedulabilityTest, TheSamePriorityHoldsUpToo) {
  every("/a", thread(30), 3, 20);
  every("/b", thread(30), 2, 20);
  EXPECT_EQ(response_ms("/a"), 5);
  EXPECT_EQ(response_ms("/b"), 5);
}

TEST_F(SchedulabilityTest, AMissingBudgetIsNamedAndKeepsOthersUnknown) {
  const auto head = thread(50);
  every("/a", head, 1, 10);
  every("/unbudgeted", head, 0, 10);
  every("/below", thread(20), 1, 10);
  const Schedulability result = analysed();
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(result.nodes[1].why, "it has no budget");
  EXPECT_EQ(result.nodes[0].why, "/unbudgeted, which its thread calls, too, has no budget");
  EXPECT_EQ(result.nodes[2].why, "/unbudgeted, which runs before it on the same CPU, has no budget");
}

TEST_F(SchedulabilityTest, AnUnknownNodeBelowDisturbsNobody) {
  every("/a", thread(50), 1, 10);
  every("/below", thread(20), 0, 10);
  EXPECT_EQ(analysed().nodes[0].verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysed().first, "/below");
}

TEST_F(SchedulabilityTest, ASelfLoopingThreadAboveMakesUnknownBelowNot) {
  const auto loop = thread(60);
  load_.threads[loop].self_looping = true;
  every("/loop", loop, 0, 0).publishes = {"/tracks"};
  every("/under", thread(50), 1, 10);
  every("/over", thread(70), 1, 10);
  const Schedulability result = analysed();
  EXPECT_EQ(result.first, "/under");
  EXPECT_EQ(result.nodes[0].verdict, Verdict::kNoPromise);
  EXPECT_EQ(result.nodes[2].verdict, Verdict::kSchedulable);
}

TEST_F(SchedulabilityTest, TheRateOfAForeignTopicComesFromTheExpectation) {
  called("/reader", thread(50), 1, "/camera");
  EXPECT_THAT(analysed().why, HasSubstr("nothing says the rate of /camera (add it to expect:)"));
  load_.rates = {{"/camera", 50}};
  EXPECT_EQ(analysed().verdict, Verdict::kSchedulable);
  EXPECT_EQ(analysed().nodes[0].period_ns, 20 * kMs);
}

TEST_F(SchedulabilityTest, TwoPublishersOfATopicCallTwiceAsOften) {
  load_.cpus = 3;
  every("/left", thread(50, {0}), 1, 10).publishes = {"/x"};
  every("/right", thread(50, {1}), 1, 10).publishes = {"/x"};
  called("/reader", thread(50, {2}), 1, "/x");
  EXPECT_EQ(analysed().nodes[2].period_ns, 5 * kMs);
}

TEST_F(SchedulabilityTest, AThreadOfPolicyOtherWithoutDeadlinePromisesNothing) {
  every("/log", thread(0), 0, 10);
  EXPECT_EQ(analysed().nodes[0].verdict, Verdict::kNoPromise);
  EXPECT_EQ(analysed().verdict, Verdict::kSchedulable);
  load_.nodes[0].deadline_ns = kMs;
  EXPECT_EQ(analysed().verdict, Verdict::kUnknown);
}

TEST_F(SchedulabilityTest, AChainThroughAnUnknownNodeHasNoBound) {
  every("/a", thread(50), 1, 10);
  every("/b", thread(40), 0, 10);
  load_.chains = {{"one", {"/a", "/b"}}, {"two", {"/a", "/elsewhere"}}};
  EXPECT_EQ(analysed().chains.at(0).why, "/b: it has no budget");
  EXPECT_EQ(analysed().chains.at(1).why, "/elsewhere is not part of this launch");
}

TEST_F(SchedulabilityTest, NothingIsSchedulable) { EXPECT_EQ(analysed().verdict, Verdict::kSchedulable); }

}  // namespace
}  // namespace tactus
