// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/pose_stand_in/pose_stand_in.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using namespace std::chrono_literals;

tactus::Message<PoseStamped> pose_at(tactus::Duration t, double x) {
  tactus::Message<PoseStamped> pose;
  xr::write_pose(t.count(), {x, 0, 1.6}, Eigen::Quaterniond::Identity(), *pose);
  return pose;
}

TEST(PoseStandIn, PassesOnTheNewestTruth) {
  tactus::testing::Harness<PoseStandIn> node;
  node.step_at(0ms);
  EXPECT_TRUE(node.taken<PoseStamped>("correction").empty());
  node.give("ground_truth", pose_at(5ms, 1));
  node.give("ground_truth", pose_at(10ms, 2));
  node.step_at(100ms);
  const auto corrections = node.taken<PoseStamped>("correction");
  ASSERT_EQ(corrections.size(), 1U);
  EXPECT_EQ(corrections[0]->pose.position.x, 2);
}

TEST(PoseStandIn, NoiseIsSeeded) {
  const auto noisy = [](std::int64_t seed) {
    tactus::testing::Harness<PoseStandIn> node{{{"position_noise", 10.0}, {"seed", seed}}};
    node.give("ground_truth", pose_at(5ms, 1));
    node.step_at(100ms);
    return node.last<PoseStamped>("correction").pose.position.x;
  };
  EXPECT_EQ(noisy(1), noisy(1));
  EXPECT_NE(noisy(1), noisy(2));
  EXPECT_NEAR(noisy(1), 1, 0.1);
}

TEST(PoseStandIn, NoiseIsAsLargeAsAskedForInMillimetresAndDegrees) {
  tactus::testing::Harness<PoseStandIn> node{{{"position_noise", 20.0}, {"rotation_noise", 2.0}}};
  double squares_m = 0, squares_rad = 0;
  constexpr int kPoses = 2000;
  for (int i = 1; i <= kPoses; ++i) {
    node.give("ground_truth", pose_at(i * 5ms, 1));
    node.step_at(i * 5ms);
    const auto& pose = node.last<PoseStamped>("correction").pose;
    squares_m += (xr::to_eigen(pose.position) - Eigen::Vector3d{1, 0, 1.6}).squaredNorm();
    squares_rad +=
        std::pow(xr::to_eigen(pose.orientation).angularDistance(Eigen::Quaterniond::Identity()), 2);
  }
  // Three axes.
  EXPECT_NEAR(std::sqrt(squares_m / kPoses / 3), 0.020, 0.001);
  EXPECT_NEAR(std::sqrt(squares_rad / kPoses / 3), 2 * std::numbers::pi / 180, 0.002);
}

TEST(PoseStandIn, SaysWhatItIs) {
  tactus::testing::Harness<PoseStandIn> node{{{"position_noise", 5.0}}};
  EXPECT_THAT(node.logged(),
              testing::ElementsAre("stand-in for SLAM: ground truth with noise of 5 mm and 0 deg"));
}

}  // namespace
