// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/group_clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace tactus {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;

TEST(GroupClock, RunsAtItsRateFromItsBase) {
  const GroupClock half{1'000'000, 500, 0.5, 1};
  EXPECT_EQ(to_ns(half.at(500)), 1'000'000);
  EXPECT_EQ(to_ns(half.at(1500)), 1'000'500);
  const GroupClock same{1'000'000, 500, 1, 1};
  EXPECT_EQ(to_ns(same.at(500 + 400 * kDay)), 1'000'000 + 400 * kDay);
}

TEST(GroupClock, AWaitEndsAtTheFirstInstantThatShowsTheTime) {
  for (const double rate : {0.01, 0.3, 1.0, 2.5, 100.0}) {
    const GroupClock clock{1'700'000'000'000'000'000, 3 * kDay, rate, 1};
    for (const std::int64_t after : {1L, 999L, 5'000'000L, kDay + 1, 300 * kDay + 7}) {
      const Time time = from_ns(clock.base_ns + after);
      const std::int64_t instant = clock.monotonic_at(time);
      EXPECT_GE(clock.at(instant), time) << rate << " " << after;
      EXPECT_LT(clock.at(instant - 1), time) << rate << " " << after;
    }
  }
}

TEST(GroupClock, WhatIsPastIsDueAtOnceAndWhatNeverComesNever) {
  const GroupClock clock{1000, 500, 2, 1};
  EXPECT_EQ(clock.monotonic_at(from_ns(1)), 500);
  EXPECT_EQ(clock.monotonic_at(Time::max()), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ((GroupClock{1000, 500, 0.01, 1}.monotonic_at(Time::max())),
            std::numeric_limits<std::int64_t>::max());
}

TEST(ClockPage, AReaderNeverSeesHalfOfAChange) {
  ClockPage page;
  page.set({0, 0, 1, 0});
  std::jthread writer{[&page](const std::stop_token& stop) {
    for (std::int64_t i = 0; !stop.stop_requested(); ++i)
      page.set({i, i, static_cast<double>(i), static_cast<std::uint32_t>(i)});
  }};
  for (int i = 0; i < 100'000; ++i) {
    const GroupClock clock = page.read();
    ASSERT_TRUE(clock.base_ns == 0 || clock.base_ns == clock.start_ns);
    ASSERT_TRUE(clock.base_ns == 0 || static_cast<double>(clock.base_ns) == clock.rate);
  }
}

TEST(ClockPage, ReplacesTheClocksOfOtherHosts) {
  ClockPage page;
  page.set_remote(std::array{RemoteClock{5, 1, 2, 3}, RemoteClock{6, 4, 5, 6}});
  EXPECT_EQ(page.find_remote(6), (RemoteClock{6, 4, 5, 6}));
  page.set_remote(std::array{RemoteClock{6, 7, 8, 9}});
  EXPECT_EQ(page.find_remote(6), (RemoteClock{6, 7, 8, 9}));
  EXPECT_EQ(page.find_remote(5), std::nullopt);
}

TEST(OnGroupClock, TellsWhereAnInstantOfAnotherHostLiesAndHowSureThatIs) {
  static ClockPage page;  // followed to the end of the process
  page.set({0, 0, 1, 77});
  page.set_remote(std::array{RemoteClock{88, 1'000, 50, monotonic_ns() - 10'000'000'000}});
  follow_group_clock(page);
  EXPECT_EQ(on_group_clock(from_ns(5'000), 77)->time, from_ns(5'000));
  EXPECT_EQ(on_group_clock(from_ns(5'000), 77)->uncertainty.count(), 0);
  EXPECT_EQ(on_group_clock(from_ns(5'000), 88)->time, from_ns(4'000));
  // Ten seconds of drift: a millisecond.
  EXPECT_GE(on_group_clock(from_ns(5'000), 88)->uncertainty.count(), 1'000'050);
  EXPECT_FALSE(on_group_clock(from_ns(5'000), 99));
}

TEST(GroupNow, NeverStepsBack) {
  Time before = group_now();
  for (int i = 0; i < 1000; ++i) {
    const Time now = group_now();
    ASSERT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace tactus
