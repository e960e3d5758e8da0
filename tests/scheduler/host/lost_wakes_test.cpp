// SPDX-License-Identifier: Apache-2.0
#include "lost_wakes.hpp"

#include <gtest/gtest.h>

namespace tactus {
namespace {

TEST(LostWakes, DataJustBeforeItsRingIsNoLostWake) {
  LostWakes wakes{100};
  wakes.found(1000);
  wakes.judge(1001);
  wakes.rang();
  wakes.judge(5000);
  EXPECT_EQ(wakes.count(), 0U);
}

TEST(LostWakes, DataWhoseRingNeverComesIsOne) {
  LostWakes wakes{100};
  wakes.found(1000);
  wakes.judge(1099);
  EXPECT_EQ(wakes.count(), 0U);
  wakes.judge(1100);
  wakes.judge(9000);
  EXPECT_EQ(wakes.count(), 1U);
}

TEST(LostWakes, MoreDataDoesNotProlongTheWaitForTheRing) {
  LostWakes wakes{100};
  wakes.found(1000);
  wakes.found(1090);
  wakes.judge(1100);
  EXPECT_EQ(wakes.count(), 1U);
}

}  // namespace
}  // namespace tactus
