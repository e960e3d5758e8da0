// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/pose_error/pose_error.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using testing::Contains;
using testing::HasSubstr;
using namespace std::chrono_literals;

tactus::Message<geometry_msgs::msg::PoseStamped> pose_at(tactus::Duration t, double x, double yaw = 0) {
  tactus::Message<geometry_msgs::msg::PoseStamped> pose;
  xr::write_pose(t.count(), {x, 0, 0}, Eigen::Quaterniond{Eigen::AngleAxisd{yaw, Eigen::Vector3d::UnitZ()}},
                 *pose);
  return pose;
}

TEST(PoseError, IsMeasuredInMillimetresAndDegreesOnceTheTruthIsThere) {
  tactus::testing::Harness<PoseError> node;
  node.give("ground_truth", pose_at(10ms, 1.0));
  node.give("pose", pose_at(15ms, 1.006, 0.01));
  node.step_at(15ms);
  EXPECT_EQ(node.metric("position_error").count, 0U);
  node.give("ground_truth", pose_at(20ms, 1.008));
  node.step_at(20ms);
  EXPECT_EQ(node.metric("position_error").count, 1U);
  EXPECT_NEAR(node.metric("position_error").last, 2, 1e-6);
  EXPECT_NEAR(node.metric("rotation_error").last, 0.573, 1e-3);
}

TEST(PoseError, SaysThatNothingWasMeasuredWithoutGroundTruth) {
  tactus::testing::Harness<PoseError> node;
  node.give("pose", pose_at(15ms, 1.0));
  node.step_at(15ms);
  node.node().stop();
  EXPECT_THAT(node.logged(), Contains(HasSubstr("no ground truth came")));
}

}  // namespace
