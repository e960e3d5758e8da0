// SPDX-License-Identifier: Apache-2.0
#include "motion.hpp"

#include <gtest/gtest.h>

#include <numbers>

namespace xr {
namespace {

constexpr std::int64_t kMs = 1'000'000;
using std::numbers::pi;

Eigen::Quaterniond yaw(double angle) {
  return Eigen::Quaterniond{Eigen::AngleAxisd{angle, Eigen::Vector3d::UnitZ()}};
}

TEST(Predict, ConstantVelocitiesAreExactForwardsAndBackwards) {
  // A quarter turn per second about its own z, a metre per second along the world's x.
  const Motion motion{{1000 * kMs, {1, 2, 3}, yaw(0.5)}, {1, 0, 0}, {0, 0, pi / 2}};
  const auto later = predict(motion, 1200 * kMs);
  EXPECT_EQ(later.stamp_ns, 1200 * kMs);
  EXPECT_NEAR((later.position - Eigen::Vector3d{1.2, 2, 3}).norm(), 0, 1e-12);
  EXPECT_NEAR(later.orientation.angularDistance(yaw(0.5 + 0.1 * pi)), 0, 1e-12);
  const auto earlier = predict(motion, 800 * kMs);
  EXPECT_NEAR(earlier.position.x(), 0.8, 1e-12);
  EXPECT_NEAR(earlier.orientation.angularDistance(yaw(0.5 - 0.1 * pi)), 0, 1e-12);
}

TEST(Predict, TurnsAboutTheBodysAxesNotTheWorlds) {
  // Body rolled by 90 degrees about x: its z points along the world's -y.
  const Eigen::Quaterniond rolled{Eigen::AngleAxisd{pi / 2, Eigen::Vector3d::UnitX()}};
  const auto turned = predict({{0, {}, rolled}, Eigen::Vector3d::Zero(), {0, 0, pi / 2}}, 1000 * kMs);
  EXPECT_NEAR((turned.orientation * Eigen::Vector3d::UnitZ() + Eigen::Vector3d::UnitY()).norm(), 0, 1e-12);
  EXPECT_NEAR((turned.orientation * Eigen::Vector3d::UnitX() - Eigen::Vector3d::UnitZ()).norm(), 0, 1e-12);
}

TEST(PoseHistory, InterpolatesBetweenItsPosesAndKnowsNothingOutside) {
  PoseHistory history;
  EXPECT_TRUE(history.empty());
  EXPECT_FALSE(history.at(0));
  ASSERT_TRUE(history.add({10 * kMs, {0, 0, 0}, yaw(0)}));
  ASSERT_TRUE(history.add({20 * kMs, {1, 0, 0}, yaw(0.4)}));
  const auto middle = history.at(15 * kMs);
  ASSERT_TRUE(middle);
  EXPECT_NEAR(middle->position.x(), 0.5, 1e-12);
  EXPECT_NEAR(middle->orientation.angularDistance(yaw(0.2)), 0, 1e-12);
  EXPECT_TRUE(history.at(10 * kMs));
  EXPECT_TRUE(history.at(20 * kMs));
  EXPECT_FALSE(history.at(10 * kMs - 1));
  EXPECT_FALSE(history.at(20 * kMs + 1));
}

TEST(PoseHistory, RefusesWhatDoesNotGoForwardAndForgetsTheOldest) {
  PoseHistory history;
  EXPECT_TRUE(history.add({10, {}, yaw(0)}));
  EXPECT_FALSE(history.add({10, {}, yaw(1)}));
  EXPECT_FALSE(history.add({9, {}, yaw(1)}));
  for (std::int64_t stamp = 11; stamp < 2011; ++stamp) ASSERT_TRUE(history.add({stamp, {}, yaw(0)}));
  EXPECT_FALSE(history.at(10));
  EXPECT_EQ(history.newest().stamp_ns, 2010);
  EXPECT_TRUE(history.at(history.oldest().stamp_ns));
  EXPECT_FALSE(history.at(history.oldest().stamp_ns - 1));
}

}  // namespace
}  // namespace xr
