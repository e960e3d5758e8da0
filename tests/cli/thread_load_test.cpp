// SPDX-License-Identifier: Apache-2.0
#include "thread_load.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace rtctl {
namespace {

TEST(ParseThreadStat, FindsFaultsAndCpuTimeBehindAnyName) {
  const ThreadTimes times =
      parse_thread_stat("71 (a) b (c) S 1 71 71 0 -1 4194368 12 0 3 0 200 50 0 0 -81 0 4 0 900\n", 100);
  EXPECT_TRUE(times.known);
  EXPECT_EQ(times.minor_faults, 12u);
  EXPECT_EQ(times.major_faults, 3u);
  EXPECT_EQ(times.cpu_ns, 2'500'000'000);
}

TEST(ParseThreadStat, WhatIsCutOffIsNotKnown) {
  for (const char* text : {"", "71 (a) S 1", "71 a S 1 71 71 0 -1 4194368 12 0 3 0 200 50"})
    EXPECT_FALSE(parse_thread_stat(text, 100).known) << text;
}

TEST(ReadThreadTimes, ThisThreadIsKnownAndAThreadThatIsGoneIsNot) {
  EXPECT_TRUE(read_thread_times(getpid(), static_cast<std::uint32_t>(gettid())).known);
  EXPECT_FALSE(read_thread_times(getpid(), 0).known);
}

ThreadLook look(const std::string& name, std::uint32_t tid, std::int64_t cpu_ns, std::uint64_t faults = 0) {
  ThreadLook look;
  look.thread = name;
  look.tid = tid;
  look.times = {cpu_ns, faults, 0, true};
  return look;
}

TEST(LoadsBetween, TheBusiestComesFirst) {
  const auto loads = loads_between({look("idle", 1, 0), look("busy", 2, 0, 5)},
                                   {look("idle", 1, 10'000'000), look("busy", 2, 500'000'000, 7)}, 2);
  ASSERT_EQ(loads.size(), 2u);
  EXPECT_EQ(loads[0].thread.thread, "busy");
  EXPECT_DOUBLE_EQ(loads[0].cpu_percent, 25);
  EXPECT_EQ(loads[0].minor_faults, 2u);
  EXPECT_DOUBLE_EQ(loads[1].cpu_percent, 0.5);
}

TEST(LoadsBetween, OfANewThreadNothingIsKnownYet) {
  const auto loads = loads_between({}, {look("new", 1, 500'000'000)}, 1);
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].cpu_percent, 0);
}

TEST(CpusText, AreRanges) {
  tactus::WorkerCounters worker;
  EXPECT_EQ(cpus_text(worker), "-");
  worker.cpus[0] = 0b1011;
  worker.cpus[1] = 1;
  EXPECT_EQ(cpus_text(worker), "0-1,3,64");
}

}  // namespace
}  // namespace rtctl
