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
    tactus::testing::Harness<PoseStandIn> node{{{"position_noise", 0.01}, {"seed", seed}}};
    node.give("ground_truth", pose_at(5ms, 1));
    node.step_at(100ms);
    return node.last<PoseStamped>("correction").pose.position.x;
  };
  EXPECT_EQ(noisy(1), noisy(1));
  EXPECT_NE(noisy(1), noisy(2));
  EXPECT_NEAR(noisy(1), 1, 0.1);
}

}  // namespace
