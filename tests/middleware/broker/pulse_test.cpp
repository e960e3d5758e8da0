// SPDX-License-Identifier: Apache-2.0
#include "pulse.hpp"

#include <gtest/gtest.h>

namespace tactus::broker {
namespace {

using namespace std::chrono_literals;
const Pulse::Time kStart{1000s};

/// Looks every 100 ms.
bool stands_still_after(Pulse& pulse, std::uint64_t beat, Pulse::Time& now, int looks) {
  bool still = false;
  for (int i = 0; i < looks; ++i) still = pulse.stands_still(beat, now += 100ms);
  return still;
}

TEST(Pulse, BeatsAsLongAsTheCounterRises) {
  Pulse pulse{kStart};
  Pulse::Time now = kStart;
  for (std::uint64_t beat = 1; beat < 100; ++beat) EXPECT_FALSE(pulse.stands_still(beat, now += 100ms));
}

TEST(Pulse, StandsStillAfterHalfASecondWithoutABeat) {
  Pulse pulse{kStart};
  Pulse::Time now = kStart;
  EXPECT_FALSE(stands_still_after(pulse, 7, now, 6));
  EXPECT_TRUE(stands_still_after(pulse, 7, now, 1));
  EXPECT_EQ(pulse.still_for(), 600ms);
}

TEST(Pulse, OneBeatIsEnoughToStartAgain) {
  Pulse pulse{kStart};
  Pulse::Time now = kStart;
  EXPECT_FALSE(stands_still_after(pulse, 7, now, 6));
  EXPECT_FALSE(pulse.stands_still(8, now += 100ms));
  EXPECT_FALSE(stands_still_after(pulse, 8, now, 5));
}

TEST(Pulse, APauseOfTheWatcherItselfIsNotHeldAgainstRouDi) {
  Pulse pulse{kStart};
  Pulse::Time now = kStart;
  EXPECT_FALSE(pulse.stands_still(7, now += 100ms));
  EXPECT_FALSE(pulse.stands_still(7, now += 3s));
  EXPECT_FALSE(pulse.stands_still(8, now += 100ms));
}

}  // namespace
}  // namespace tactus::broker
