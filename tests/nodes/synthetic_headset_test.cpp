// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/synthetic_headset/synthetic_headset.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Imu;
using tf2_msgs::msg::TFMessage;
using namespace std::chrono_literals;
using Parameters = std::map<std::string, tactus::ParameterValue>;

const Parameters kPerfect{
    {"gyro_noise", 0.0}, {"acceleration_noise", 0.0}, {"gyro_bias", 0.0}, {"acceleration_bias", 0.0}};

TEST(SyntheticHeadset, TellsTheTruthOfTheInstantItWasCalledFor) {
  tactus::testing::Harness<SyntheticHeadset> node{kPerfect};
  node.step_at(2s);
  const auto& truth = node.last<PoseStamped>("ground_truth");
  EXPECT_EQ(xr::stamp_ns(truth.header.stamp), 2'000'000'000);
  EXPECT_EQ(xr::to_eigen(truth.pose.position), xr::Trajectory{7}.position(2));
}

TEST(SyntheticHeadset, AnImuWithoutErrorsFeelsTheMotionAndGravity) {
  tactus::testing::Harness<SyntheticHeadset> node{kPerfect};
  node.step_at(2s);
  const xr::Trajectory head{7};
  const auto& imu = node.last<Imu>("imu");
  EXPECT_EQ(imu.header.frame_id, "imu");
  EXPECT_EQ(xr::to_eigen(imu.angular_velocity), head.angular_velocity(2));
  const Eigen::Vector3d felt = head.orientation(2) * xr::to_eigen(imu.linear_acceleration);
  EXPECT_NEAR((felt - head.acceleration(2) - Eigen::Vector3d{0, 0, 9.81}).norm(), 0, 1e-12);
}

TEST(SyntheticHeadset, NodesThatStartAtDifferentTimesAgreeOnTheHead) {
  tactus::testing::Harness<SyntheticHeadset> early{kPerfect}, late{kPerfect};
  early.step_at(1s);
  early.step_at(9s);
  late.step_at(9s);
  EXPECT_EQ(early.last<PoseStamped>("ground_truth"), late.last<PoseStamped>("ground_truth"));
}

TEST(SyntheticHeadset, SaysOnceWhereItsCamerasSit) {
  tactus::testing::Harness<SyntheticHeadset> node;
  node.step_at(1s);
  node.step_at(2s);
  const auto messages = node.taken<TFMessage>("tf_static");
  ASSERT_EQ(messages.size(), 1U);
  const auto& transforms = messages[0]->transforms;
  ASSERT_EQ(transforms.size(), 2U);
  EXPECT_EQ(transforms[0].header.frame_id, "imu");
  EXPECT_EQ(transforms[0].child_frame_id, "camera_left");
  EXPECT_EQ(transforms[1].child_frame_id, "camera_right");
  const auto& left = transforms[0].transform;
  // What lies before the camera lies before the head; what is right in the image is at the head's right (-y).
  const Eigen::Quaterniond orientation = xr::to_eigen(left.rotation);
  EXPECT_NEAR((orientation * Eigen::Vector3d::UnitZ() - Eigen::Vector3d::UnitX()).norm(), 0, 1e-12);
  EXPECT_NEAR((orientation * Eigen::Vector3d::UnitX() + Eigen::Vector3d::UnitY()).norm(), 0, 1e-12);
  EXPECT_NEAR(left.translation.y - transforms[1].transform.translation.y, 0.11, 1e-12);
}

}  // namespace
