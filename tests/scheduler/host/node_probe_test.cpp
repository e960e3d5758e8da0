// SPDX-License-Identifier: Apache-2.0
#include "node_probe.hpp"

#include <gmock/gmock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "allocations.hpp"
#include "worker_probe.hpp"

namespace tactus {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

class NodeProbeTest : public ::testing::Test {
 protected:
  void call(std::uint64_t cycle, std::int64_t due_ns, std::int64_t start_ns, std::int64_t end_ns,
            std::uint8_t outcome = 0) {
    probe_.begin(NodePhase::kStep, cycle, due_ns, start_ns);
    probe_.end(end_ns, outcome);
  }
  /// What a busy node does in one call.
  void whole_call(std::uint64_t cycle) {
    const auto now_ns = static_cast<std::int64_t>(cycle) * 1000;
    probe_.begin(NodePhase::kStep, cycle, now_ns, now_ns);
    flight_.took(1, header_);
    flight_.dropped(1, 2);
    flight_.published(2, cycle, now_ns + 10);
    probe_.releases_skipped(1, now_ns + 15);
    probe_.end(now_ns + 20, kFlightDeadlineMissed | kFlightOverBudget);
    worker_.waits(now_ns + 30);
    worker_.wakes();
    worker_.passed(0);
  }

  NodeCounters counters_;
  NodeTimes times_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  FlightLog flight_{*recorder_, 3};
  NodeProbe probe_{{counters_, times_, *recorder_, 3}, flight_, "/node"};
  WorkerCounters worker_counters_;
  WorkerProbe worker_{worker_counters_};
  SampleHeader header_;
};

TEST_F(NodeProbeTest, ACallIsARecordOfItsStartAndOneOfItsEnd) {
  call(7, 100, 130, 180, kFlightOverBudget);
  const auto records = read_flight(*recorder_);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].kind, FlightKind::kStart);
  EXPECT_EQ(records[0].flags, static_cast<std::uint8_t>(NodePhase::kStep));
  EXPECT_EQ(records[0].when_ns, 130);
  EXPECT_EQ(records[0].node, 3);
  EXPECT_EQ(records[0].a, 7u) << "cycle";
  EXPECT_EQ(records[0].b, 100u) << "due";
  EXPECT_EQ(records[1].kind, FlightKind::kEnd);
  EXPECT_EQ(records[1].flags, kFlightOverBudget);
  EXPECT_EQ(records[1].when_ns, 180);
  EXPECT_EQ(records[1].b, 50u) << "run time";
}

TEST_F(NodeProbeTest, TakesAndPublicationsNameTheMessage) {
  header_.publisher.process = 5;
  header_.publisher.index = 6;
  header_.sequence = 7;
  probe_.begin(NodePhase::kStep, 1, 100, 100);
  flight_.took(4, header_);
  flight_.published(9, 11, 140);
  const auto records = read_flight(*recorder_);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].kind, FlightKind::kTake);
  EXPECT_EQ(records[1].when_ns, 100) << "the start of the call";
  EXPECT_EQ(records[1].endpoint, 4);
  EXPECT_EQ(records[1].a, (std::uint64_t{5} << 32) + 6);
  EXPECT_EQ(records[1].b, 7u);
  EXPECT_EQ(records[2].kind, FlightKind::kPublish);
  EXPECT_EQ(records[2].when_ns, 140);
  EXPECT_EQ(records[2].endpoint, 9);
  EXPECT_EQ(records[2].a, 11u);
}

TEST_F(NodeProbeTest, AnEndpointOutsideOfThePageHasNoIndex) {
  flight_.published(0xFFFF'FFFF, 1, 0);
  EXPECT_EQ(read_flight(*recorder_)[0].endpoint, FlightRecord::kNoEndpoint);
}

TEST_F(NodeProbeTest, TimesNeverRunBackwardsWithinANode) {
  probe_.begin(NodePhase::kStep, 1, 100, 100);
  flight_.published(1, 1, 20);  // a publisher that stamps its messages by itself
  EXPECT_EQ(read_flight(*recorder_)[1].when_ns, 100);
}

TEST_F(NodeProbeTest, PeriodJitterRunTimeAndResponseAreMeasured) {
  call(0, 1000, 1010, 1050);
  call(1, 2000, 2014, 2020);
  EXPECT_EQ(summarize(times_.period).count, 1u) << "the first call follows none";
  EXPECT_EQ(times_.period.max_ns.load(), 1004);
  EXPECT_EQ(times_.jitter.max_ns.load(), 14);
  EXPECT_EQ(times_.run.max_ns.load(), 40);
  EXPECT_EQ(times_.response.max_ns.load(), 50);
  EXPECT_EQ(counters_.runs.load(), 2u);
}

TEST_F(NodeProbeTest, WhatACallMissedIsCounted) {
  call(0, 0, 0, 10, kFlightDeadlineMissed);
  call(1, 0, 0, 10, kFlightDeadlineMissed | kFlightOverBudget);
  EXPECT_EQ(counters_.deadline_misses.load(), 2u);
  EXPECT_EQ(counters_.budget_overruns.load(), 1u);
}

TEST_F(NodeProbeTest, StartAndStopAreRecordedButNotMeasured) {
  probe_.begin(NodePhase::kStart, 0, 5, 5);
  probe_.end(500, 0);
  EXPECT_EQ(summarize(times_.run).count, 0u);
  EXPECT_EQ(read_flight(*recorder_).size(), 2u);
}

TEST_F(NodeProbeTest, ASelfLoopingNodeIsMeasuredBetweenItsWaits) {
  probe_.begin(NodePhase::kRun, 0, 100, 100);
  probe_.waits(130);
  probe_.wakes(200);
  probe_.waits(220);
  EXPECT_EQ(summarize(times_.run).count, 2u);
  EXPECT_EQ(times_.run.max_ns.load(), 30);
  EXPECT_EQ(times_.period.max_ns.load(), 100);
  EXPECT_THAT(read_flight(*recorder_), ElementsAre(Field(&FlightRecord::kind, FlightKind::kStart),
                                                   Field(&FlightRecord::kind, FlightKind::kEnd),
                                                   Field(&FlightRecord::kind, FlightKind::kStart),
                                                   Field(&FlightRecord::kind, FlightKind::kEnd)));
  EXPECT_EQ(counters_.phase.load(), NodePhase::kRun) << "it is in run() all the time";
}

TEST_F(NodeProbeTest, WaitingInStartIsPartOfIt) {
  probe_.begin(NodePhase::kStart, 0, 0, 0);
  probe_.waits(10);
  probe_.wakes(20);
  EXPECT_EQ(read_flight(*recorder_).size(), 1u);
}

TEST_F(NodeProbeTest, AllocatesNothing) {
  if (!testing::counts_allocations()) GTEST_SKIP() << "sanitizers count nothing";
  const std::uint64_t before = testing::allocations_of_this_thread();
  for (std::uint64_t cycle = 0; cycle < 10'000; ++cycle) whole_call(cycle);
  EXPECT_EQ(testing::allocations_of_this_thread(), before);
}

using NodeProbeDeathTest = NodeProbeTest;

TEST_F(NodeProbeDeathTest, MakesNoSystemCall) {
  if (!testing::counts_allocations()) GTEST_SKIP() << "sanitizers make calls of their own";
  EXPECT_EXIT(
      {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);  // from here on a call kills
        for (std::uint64_t cycle = 0; cycle < 10'000; ++cycle) whole_call(cycle);
        syscall(SYS_exit, 42);
      },
      ::testing::ExitedWithCode(42), "");
}

TEST_F(NodeProbeTest, AWorkerTellsHowItRuns) {
  worker_.describe();
  EXPECT_EQ(worker_counters_.tid.load(), static_cast<std::uint32_t>(gettid()));
  EXPECT_EQ(worker_counters_.policy.load(), SCHED_OTHER);
  EXPECT_NE(worker_counters_.cpus[0].load(), 0u);
  worker_.waits(5);
  EXPECT_EQ(worker_counters_.waiting_since_ns.load(), 5);
  worker_.wakes();
  worker_.passed(2);
  EXPECT_EQ(worker_counters_.waiting_since_ns.load(), 0);
  EXPECT_EQ(worker_counters_.passes.load(), 1u);
  EXPECT_EQ(worker_counters_.lost_wakes.load(), 2u);
}

}  // namespace
}  // namespace tactus
