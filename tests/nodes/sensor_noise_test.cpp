// SPDX-License-Identifier: Apache-2.0
#include "sensor_noise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace xr {
namespace {

std::vector<std::uint8_t> noisy(std::uint64_t seed, double deviation, std::int64_t stamp,
                                std::uint64_t camera, std::uint8_t gray = 100) {
  std::vector<std::uint8_t> pixels(640 * 480 + 7, gray);
  SensorNoise{seed, deviation}.add(stamp, camera, pixels);
  return pixels;
}

TEST(SensorNoise, HasTheDeviationThatWasAskedForAndNoMean) {
  const auto pixels = noisy(7, 3, 1000, 0);
  double sum = 0, squares = 0;
  for (const double pixel : pixels) {
    sum += pixel - 100;
    squares += (pixel - 100) * (pixel - 100);
  }
  const auto n = static_cast<double>(pixels.size());
  EXPECT_NEAR(sum / n, 0, 0.05);
  EXPECT_NEAR(std::sqrt(squares / n), 3, 0.1);
}

TEST(SensorNoise, FollowsFromSeedStampAndCamera) {
  const auto pixels = noisy(7, 3, 1000, 0);
  EXPECT_EQ(pixels, noisy(7, 3, 1000, 0));
  EXPECT_NE(pixels, noisy(8, 3, 1000, 0));
  EXPECT_NE(pixels, noisy(7, 3, 1001, 0));
  EXPECT_NE(pixels, noisy(7, 3, 1000, 1));
}

TEST(SensorNoise, StaysWithinAByte) {
  EXPECT_LT(std::ranges::max(noisy(7, 30, 1, 0, 0)), 200);
  EXPECT_GT(std::ranges::min(noisy(7, 30, 1, 0, 255)), 55);
}

TEST(SensorNoise, NoneIsNone) { EXPECT_THAT(noisy(7, 0, 1, 0), testing::Each(100)); }

}  // namespace
}  // namespace xr
