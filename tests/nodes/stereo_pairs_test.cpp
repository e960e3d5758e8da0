// SPDX-License-Identifier: Apache-2.0
#include "stereo_pairs.hpp"

#include <gtest/gtest.h>

namespace xr {
namespace {

using Pairs = StereoPairs<int>;
using Pair = std::pair<int, int>;

TEST(StereoPairs, WhatHasTheSameStampBelongsTogether) {
  Pairs pairs;
  EXPECT_FALSE(pairs.take());
  pairs.add(Pairs::kLeft, 10, 1);
  EXPECT_FALSE(pairs.take());
  pairs.add(Pairs::kRight, 10, 2);
  EXPECT_EQ(pairs.take(), (Pair{1, 2}));
  EXPECT_FALSE(pairs.take());
}

TEST(StereoPairs, OneThatIsMissingIsSteppedOver) {
  Pairs pairs;
  pairs.add(Pairs::kLeft, 10, 1);
  pairs.add(Pairs::kLeft, 20, 2);
  pairs.add(Pairs::kRight, 20, 3);
  EXPECT_EQ(pairs.take(), (Pair{2, 3}));
  EXPECT_EQ(pairs.unmatched(Pairs::kLeft), 1U);
  EXPECT_EQ(pairs.unmatched(Pairs::kRight), 0U);
}

TEST(StereoPairs, ASideThatIsAloneWaitsInBounds) {
  Pairs pairs;
  for (int i = 1; i <= 10; ++i) pairs.add(Pairs::kRight, i, i);
  EXPECT_FALSE(pairs.take());
  EXPECT_EQ(pairs.unmatched(Pairs::kRight), 10 - Pairs::kMostWaiting);
  pairs.add(Pairs::kLeft, 10, 100);
  EXPECT_EQ(pairs.take(), (Pair{100, 10}));
}

TEST(StereoPairs, AStreamThatBeginsAnewIsFollowedAfterItsFirstImages) {
  Pairs pairs;
  pairs.add(Pairs::kRight, 1000, 1);  // its partner never came
  for (const std::int64_t stamp : {10, 20}) {
    pairs.add(Pairs::kLeft, stamp, static_cast<int>(stamp));
    const auto early = pairs.take();
    EXPECT_FALSE(early);
    pairs.add(Pairs::kRight, stamp, static_cast<int>(stamp) + 1);
    const auto pair = pairs.take();
    EXPECT_EQ(pair.has_value(), stamp == 20);
  }
  EXPECT_EQ(pairs.unmatched(Pairs::kLeft) + pairs.unmatched(Pairs::kRight), 3U);
}

}  // namespace
}  // namespace xr
