// SPDX-License-Identifier: Apache-2.0
#include "pose_comparison.hpp"

#include <gtest/gtest.h>

namespace xr {
namespace {

StampedPose at(std::int64_t stamp_ns, double x, double yaw = 0) {
  return {stamp_ns, {x, 0, 0}, Eigen::Quaterniond{Eigen::AngleAxisd{yaw, Eigen::Vector3d::UnitZ()}}};
}

TEST(PoseComparison, WaitsUntilTheTruthHasReachedThePose) {
  PoseComparison comparison;
  comparison.add_truth(at(10, 1.0));
  comparison.add(at(15, 1.6, 0.25));
  EXPECT_FALSE(comparison.next());
  comparison.add_truth(at(20, 2.0));
  const auto distance = comparison.next();
  ASSERT_TRUE(distance);
  EXPECT_EQ(distance->stamp_ns, 15);
  EXPECT_NEAR(distance->metres, 0.1, 1e-12);
  EXPECT_NEAR(distance->radians, 0.25, 1e-12);
  EXPECT_FALSE(comparison.next());
}

TEST(PoseComparison, LeavesOutWhatIsFromBeforeTheTruth) {
  PoseComparison comparison;
  comparison.add(at(5, 0));
  comparison.add(at(10, 0));
  EXPECT_FALSE(comparison.has_truth());
  comparison.add_truth(at(10, 0));
  ASSERT_TRUE(comparison.has_truth());
  EXPECT_EQ(comparison.next().value().stamp_ns, 10);
  EXPECT_FALSE(comparison.next());
}

TEST(PoseComparison, GivesUpTheOldestWhenTheTruthStaysAway) {
  PoseComparison comparison;
  for (int i = 1; i <= 100; ++i) comparison.add(at(i, 0));
  comparison.add_truth(at(1, 0));
  comparison.add_truth(at(1000, 0));
  EXPECT_EQ(comparison.next().value().stamp_ns, 37);  // 64 wait
  int left = 0;
  while (comparison.next()) ++left;
  EXPECT_EQ(left, 63);
}

}  // namespace
}  // namespace xr
