// SPDX-License-Identifier: Apache-2.0
#include "clock_offset.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tactus/middleware/group_clock.hpp"

namespace tactus::mesh {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Their clock is `offset` ahead; the ways there and back take so long.
ClockExchange exchange(std::int64_t offset, std::int64_t there, std::int64_t back,
                       std::int64_t asked = kSecond) {
  constexpr std::int64_t kThinking = 700;
  const std::int64_t received = asked + there + offset;
  return {asked, received, received + kThinking, asked + there + kThinking + back};
}

TEST(ClockOffset, IsUnknownBeforeTheFirstExchange) { EXPECT_FALSE(ClockOffset{}.best(0)); }

TEST(ClockOffset, IsExactWhenBothWaysTakeTheSame) {
  ClockOffset clock;
  clock.add(exchange(-5'000'000, 200, 200), kSecond);
  EXPECT_NEAR(clock.best(kSecond)->offset_ns, -5'000'000, 1);
  EXPECT_EQ(clock.best(kSecond)->round_trip_ns, 400);
}

TEST(ClockOffset, TheQuickestExchangeDecides) {
  ClockOffset clock;
  clock.add(exchange(1'000, 50'000, 10), kSecond);
  clock.add(exchange(1'000, 100, 120), kSecond + 1);
  clock.add(exchange(1'000, 10, 90'000), kSecond + 2);
  EXPECT_EQ(clock.best(kSecond + 2)->round_trip_ns, 220);
}

TEST(ClockOffset, TheTruthLiesWithinTheUncertaintyWhateverTheWaysTook) {
  std::mt19937 random{7};
  std::uniform_int_distribution<std::int64_t> way{10, 3'000'000}, offset{-kSecond, kSecond};
  for (int i = 0; i < 1'000; ++i) {
    ClockOffset clock;
    const std::int64_t truth = offset(random);
    for (int n = 0; n < 5; ++n) clock.add(exchange(truth, way(random), way(random)), kSecond);
    const auto best = clock.best(kSecond);
    ASSERT_LE(std::abs(best->offset_ns - truth), best->uncertainty_ns);
  }
}

TEST(ClockOffset, AnOldExchangeGivesWayToALessPreciseNewOne) {
  ClockOffset clock;
  clock.add(exchange(0, 100, 100), kSecond);
  clock.add(exchange(0, 150'000, 150'000), 21 * kSecond);  // 20 s of drift are 2 ms
  EXPECT_EQ(clock.best(21 * kSecond)->round_trip_ns, 300'000);
  EXPECT_FALSE(clock.best(100 * kSecond));
}

TEST(ClockOffset, WhatCannotBeIsLeftOut) {
  ClockOffset clock;
  clock.add({10, 5, 4, 20}, kSecond);   // answered before it was received
  clock.add({10, 5, 50, 20}, kSecond);  // thought longer than the whole took
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  clock.add({-kMost, kMost, kMost, kMost}, kSecond);
  EXPECT_FALSE(clock.best(kSecond));
}

}  // namespace
}  // namespace tactus::mesh
