// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/imu_integrator/imu_integrator.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Imu;
using namespace std::chrono_literals;

tactus::Message<Imu> at_rest(tactus::Duration t) {
  tactus::Message<Imu> imu;
  xr::write_imu({t.count(), Eigen::Vector3d::Zero(), {0, 0, 9.81}}, *imu);
  return imu;
}

tactus::Message<PoseStamped> pose_at(tactus::Duration t, double x) {
  tactus::Message<PoseStamped> pose;
  xr::write_pose(t.count(), {x, 0, 1.6}, Eigen::Quaterniond::Identity(), *pose);
  return pose;
}

TEST(ImuIntegrator, PublishesNothingBeforeTheFirstCorrection) {
  tactus::testing::Harness<ImuIntegrator> node;
  node.give("imu", at_rest(5ms));
  node.step_at(5ms);
  EXPECT_TRUE(node.taken<PoseStamped>("pose").empty());
}

TEST(ImuIntegrator, StaysWhereItIsWhenItFeelsOnlyGravity) {
  tactus::testing::Harness<ImuIntegrator> node;
  node.give("correction", pose_at(5ms, 0.5));
  for (auto t = 5ms; t <= 100ms; t += 5ms) {
    node.give("imu", at_rest(t));
    node.step_at(t);
  }
  const auto& pose = node.last<PoseStamped>("pose");
  EXPECT_NEAR(pose.pose.position.x, 0.5, 1e-9);
  EXPECT_NEAR(pose.pose.position.z, 1.6, 1e-9);
  EXPECT_EQ(xr::stamp_ns(pose.header.stamp), 100'000'000);
  EXPECT_EQ(pose.header.frame_id, "world");
}

TEST(ImuIntegrator, TellsHowTheHeadMoves) {
  tactus::testing::Harness<ImuIntegrator> node;
  node.give("correction", pose_at(5ms, 0.5));
  for (auto t = 5ms; t <= 105ms; t += 5ms) {
    tactus::Message<Imu> imu;
    xr::write_imu({tactus::Duration{t}.count(), {0, 0, 0.7}, {2, 0, 9.81}}, *imu);
    node.give("imu", imu);
    node.step_at(t);
  }
  // About 2 m/s^2 along its x for 0.1 s, while it turns slowly to the left.
  const auto motion = xr::read_motion(node.last<nav_msgs::msg::Odometry>("odometry"));
  EXPECT_EQ(motion.pose.stamp_ns, 105'000'000);
  EXPECT_NEAR(motion.velocity.x(), 0.2, 0.001);
  EXPECT_NEAR(motion.velocity.y(), 2 * 0.1 * 0.07 / 2, 0.001);
  EXPECT_NEAR(motion.angular_velocity.z(), 0.7, 1e-9);
}

TEST(ImuIntegrator, WhatIsNoMeasurementAndNoPoseIsCountedAndChangesNothing) {
  tactus::testing::Harness<ImuIntegrator> node;
  node.give("correction", pose_at(5ms, 0.5));
  node.give("imu", at_rest(5ms));
  node.step_at(5ms);
  auto broken = at_rest(10ms);
  broken->angular_velocity.x = std::nan("");
  node.give("imu", broken);
  node.give("imu", at_rest(3ms));  // back in time
  auto none = pose_at(8ms, 0.7);
  none->pose.orientation.w = 0;
  node.give("correction", none);
  node.step_at(10ms);
  EXPECT_EQ(node.taken<PoseStamped>("pose").size(), 1U) << "it published without a new sample";
  node.give("imu", at_rest(15ms));
  node.step_at(15ms);
  EXPECT_NEAR(node.last<PoseStamped>("pose").pose.position.x, 0.5, 1e-12);
  EXPECT_EQ(node.metric("ignored_samples").count, 2U);
  EXPECT_EQ(node.metric("ignored_corrections").count, 1U);
}

}  // namespace
