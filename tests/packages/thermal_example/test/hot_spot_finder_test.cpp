// SPDX-License-Identifier: Apache-2.0
#include "../src/hot_spot_finder.hpp"

#include <gtest/gtest.h>

#include <tactus/testing/harness.hpp>

namespace {

using thermal_example::msg::HotSpot;
using thermal_example::msg::ThermalImage;
using namespace std::chrono_literals;

tactus::Message<ThermalImage> picture(std::initializer_list<float> celsius) {
  tactus::Message<ThermalImage> image;
  image->width = 2;
  image->height = static_cast<std::uint16_t>(celsius.size() / 2);
  image->celsius.resize(celsius.size());
  std::copy(celsius.begin(), celsius.end(), image->celsius.begin());
  return image;
}

TEST(HotSpotFinder, FindsTheHottestPixel) {
  tactus::testing::Harness<HotSpotFinder> node;
  node.give("image", picture({20, 20, 60, 70}));
  node.step_at(10ms);
  EXPECT_EQ(node.last<HotSpot>("hot_spot").celsius, 70.0F);
  EXPECT_EQ(node.last<HotSpot>("hot_spot").position.x, 1.0);
  EXPECT_EQ(node.last<HotSpot>("hot_spot").position.y, 1.0);
}

TEST(HotSpotFinder, SaysNothingBelowTheThreshold) {
  tactus::testing::Harness<HotSpotFinder> node{{{"threshold", 90.0}}};
  node.give("image", picture({20, 20, 60, 70}));
  node.step_at(10ms);
  EXPECT_TRUE(node.taken<HotSpot>("hot_spot").empty());
}

}  // namespace
