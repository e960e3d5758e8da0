// SPDX-License-Identifier: Apache-2.0
#include "hang_watch.hpp"

#include <gtest/gtest.h>

namespace tactus {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// Looks every 100 ms at the same thing; how long it has lasted by the last look.
std::int64_t watch(HangWatch& watch, const HangWatch::Look& look, std::int64_t from_ms, std::int64_t to_ms) {
  std::int64_t busy_ns = 0;
  for (std::int64_t now_ms = from_ms; now_ms <= to_ms; now_ms += 100)
    busy_ns = watch.look(look, now_ms * kMs);
  return busy_ns / kMs;
}

TEST(HangWatch, OneCallThatLastsAddsUp) {
  HangWatch hang;
  EXPECT_EQ(watch(hang, {.busy = true, .mark = 7}, 10'000, 12'000), 2'000);
}

TEST(HangWatch, AnotherCallIsASignOfLife) {
  HangWatch hang;
  watch(hang, {.busy = true, .mark = 7}, 10'000, 12'000);
  EXPECT_EQ(watch(hang, {.busy = true, .mark = 8}, 12'100, 12'100), 0);
}

TEST(HangWatch, WhoWaitsDoesNotHang) {
  HangWatch hang;
  EXPECT_EQ(watch(hang, {.busy = false, .mark = 7}, 10'000, 20'000), 0);
}

TEST(HangWatch, TimeInWhichTheProcessIsPausedDoesNotCount) {
  HangWatch hang;
  const HangWatch::Look runs{.busy = true, .mark = 7};
  const HangWatch::Look paused{.busy = true, .mark = 7, .paused = true};
  EXPECT_EQ(watch(hang, runs, 10'000, 11'000), 1'000);
  EXPECT_EQ(watch(hang, paused, 11'100, 60'000), 1'000);
  EXPECT_EQ(watch(hang, runs, 60'100, 60'500), 1'400);
}

TEST(HangWatch, TimeInWhichNobodyLookedCountsLittle) {
  HangWatch hang;
  const HangWatch::Look look{.busy = true, .mark = 7};
  hang.look(look, 10'000 * kMs);
  EXPECT_EQ(hang.look(look, 60'000 * kMs), HangWatch::kMostPerLookNs);
}

}  // namespace
}  // namespace tactus
