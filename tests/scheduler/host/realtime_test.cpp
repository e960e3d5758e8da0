// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/realtime.hpp"

#include <gmock/gmock.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <thread>

#include "prefault.hpp"

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
    EXPECT_EQ(wake_on_time(), "");
    slack_ns = prctl(PR_GET_TIMERSLACK);
  }}.join();
  EXPECT_EQ(slack_ns, 1);
}

TEST(Realtime, AListOfCpusOfWhichThereAreOnlySomeIsDenied) {
  std::vector<std::string> denied;
  std::thread{[&] { denied = apply_to_this_thread({ThreadPolicy::kOther, 0, {0, 1023}}); }}.join();
  EXPECT_THAT(denied, testing::ElementsAre(testing::HasSubstr("cpus [1023] were denied: this machine has")));
}

TEST(Realtime, AStackThatIsTooSmallIsSaidAndNotTouched) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 << 10);
  std::string denied;
  pthread_t thread;
  const auto run = [](void* text) -> void* {
    *static_cast<std::string*>(text) = prefault_stack();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &denied), 0);
  pthread_join(thread, nullptr);
  EXPECT_THAT(denied, testing::HasSubstr("touching 256 kB of stack was denied, it has "));
  EXPECT_EQ(prefault_stack(), "");
}

}  // namespace
}  // namespace tactus
