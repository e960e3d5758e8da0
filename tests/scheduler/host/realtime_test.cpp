// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/realtime.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>

#include <thread>

namespace tactus {
namespace {

int policy_of_this_thread() { return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK; }

TEST(Realtime, AThreadsPriorityIsItsOwnAndNotOfThoseItBegins) {
  bool denied = false;
  int parent = -1, child = -1;
  std::thread{[&] {
    denied = !apply_to_this_thread({ThreadPolicy::kFifo, 1, {}}).empty();
    parent = policy_of_this_thread();
    std::thread{[&] { child = policy_of_this_thread(); }}.join();
  }}.join();
  if (denied) GTEST_SKIP() << "realtime priority is not granted here: rtctl doctor --rt says how";
  EXPECT_EQ(parent, SCHED_FIFO);
  EXPECT_EQ(child, SCHED_OTHER);
}

TEST(Realtime, TimedWaitsEndOnTime) {
  int slack_ns = 0;
  std::thread{[&] {
    wake_on_time();
    slack_ns = prctl(PR_GET_TIMERSLACK);
  }}.join();
  EXPECT_EQ(slack_ns, 1);
}

}  // namespace
}  // namespace tactus
