// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "../../nodes/pose_predictor/pose_predictor.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using nav_msgs::msg::Odometry;
using xr_msgs::msg::PredictedPose;
using namespace std::chrono_literals;
using std::numbers::pi;

Eigen::Quaterniond yaw(double angle) {
  return Eigen::Quaterniond{Eigen::AngleAxisd{angle, Eigen::Vector3d::UnitZ()}};
}

/// 100 Hz: the grid is at 10 ms, 20 ms, ...; light comes 15 ms after a frame begins.
const std::map<std::string, tactus::ParameterValue> kDisplay{{"display_rate", 100.0},
                                                             {"display_latency", 15.0}};

tactus::Message<Odometry> moving(tactus::Duration t, const Eigen::Quaterniond& orientation) {
  tactus::Message<Odometry> odometry;
  // A quarter turn and a metre (along the world's x) per second.
  xr::write_odometry({{t.count(), {1, 2, 3}, orientation}, {1, 0, 0}, {0, 0, pi / 2}}, *odometry);
  return odometry;
}

TEST(PosePredictor, PublishesNothingWithoutAPose) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  node.step_at(5ms);
  EXPECT_TRUE(node.taken<PredictedPose>("predicted_pose").empty());
}

TEST(PosePredictor, ConstantVelocitiesAreExactAtTheDisplayTime) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  node.give("odometry", moving(1003ms, yaw(0.3)));
  node.step_at(1004ms);
  // The next frame begins at 1010 ms and is seen at 1025 ms: 22 ms after the pose.
  const auto& predicted = node.last<PredictedPose>("predicted_pose");
  EXPECT_EQ(xr::stamp_ns(predicted.display_time), 1'025'000'000);
  EXPECT_EQ(xr::stamp_ns(predicted.header.stamp), 1'003'000'000);
  EXPECT_EQ(predicted.header.frame_id, "world");
  const auto motion = xr::read_motion(predicted);
  EXPECT_NEAR((motion.pose.position - Eigen::Vector3d{1.022, 2, 3}).norm(), 0, 1e-12);
  EXPECT_NEAR(motion.pose.orientation.angularDistance(yaw(0.3 + 0.022 * pi / 2)), 0, 1e-12);
  EXPECT_DOUBLE_EQ(node.metric("horizon").last, 22);
}

TEST(PosePredictor, TheTwistIsInTheBodysAxes) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  node.give("odometry", moving(0ms, yaw(pi / 2)));  // looks along the world's y, moves along x: to its right
  const auto odometry = moving(0ms, yaw(pi / 2));
  EXPECT_NEAR(odometry->twist.twist.linear.y, -1, 1e-12);
  node.step_at(9ms);
  const auto motion = xr::read_motion(node.last<PredictedPose>("predicted_pose"));
  EXPECT_NEAR((motion.velocity - Eigen::Vector3d{1, 0, 0}).norm(), 0, 1e-12);  // the world's again
  EXPECT_NEAR(motion.angular_velocity.z(), pi / 2, 1e-12);
}

TEST(PosePredictor, OnTheGridItAimsAtTheNextFrame) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  node.give("odometry", moving(1010ms, yaw(0)));
  node.step_at(1010ms);
  EXPECT_EQ(xr::stamp_ns(node.last<PredictedPose>("predicted_pose").display_time), 1'035'000'000);
}

TEST(PosePredictor, TakesTheNewestOfSeveral) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  node.give("odometry", moving(1000ms, yaw(0)));
  node.give("odometry", moving(1005ms, yaw(0)));
  node.step_at(1006ms);
  const auto all = node.taken<PredictedPose>("predicted_pose");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(xr::stamp_ns(all[0]->header.stamp), 1'005'000'000);
}

TEST(PosePredictor, WhatIsNoMotionOrFarOffIsCountedAndNotPredictedFrom) {
  tactus::testing::Harness<PosePredictor> node{kDisplay};
  auto no_number = moving(1000ms, yaw(0));
  no_number->twist.twist.angular.x = std::nan("");
  auto no_rotation = moving(1000ms, yaw(0));
  no_rotation->pose.pose.orientation.w = no_rotation->pose.pose.orientation.z = 0;
  for (const auto& odometry : {no_number, no_rotation, moving(0ms, yaw(0)), moving(9000ms, yaw(0))}) {
    node.give("odometry", odometry);
    node.step_at(odometry->header.stamp.sec == 1 ? 1004ms : 4000ms);
  }
  EXPECT_TRUE(node.taken<PredictedPose>("predicted_pose").empty());
  EXPECT_EQ(node.metric("refused_odometry").count, 4U);
  EXPECT_EQ(node.metric("horizon").count, 0U);
}

}  // namespace
