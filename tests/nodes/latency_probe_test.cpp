// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/latency_probe/latency_probe.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Image;
using testing::Contains;
using testing::HasSubstr;
using xr_msgs::msg::MotionToPhoton;
using xr_msgs::msg::PoseError;
using xr_msgs::msg::PredictedPose;
using namespace std::chrono_literals;

const std::map<std::string, tactus::ParameterValue> kAtOnce{{"display_rate", 100.0}, {"settle", 0.0}};

tactus::Message<Image> frame_for(tactus::Duration display) {
  tactus::Message<Image> frame;
  xr::set_stamp_ns(frame->header.stamp, display.count());
  return frame;
}

Eigen::Quaterniond yaw(double angle) {
  return Eigen::Quaterniond{Eigen::AngleAxisd{angle, Eigen::Vector3d::UnitZ()}};
}

tactus::Message<PredictedPose> pose_for(tactus::Duration display, double x = 0, double angle = 0) {
  tactus::Message<PredictedPose> pose;
  xr::write_prediction(
      {{display.count(), {x, 0, 0}, yaw(angle)}, Eigen::Vector3d::Zero(), Eigen::Vector3d::Zero()}, 0, *pose);
  return pose;
}

tactus::Message<PoseStamped> truth_at(tactus::Duration t, double x, double angle = 0) {
  tactus::Message<PoseStamped> pose;
  xr::write_pose(t.count(), {x, 0, 0}, yaw(angle), *pose);
  return pose;
}

constexpr tactus::Duration kAge = 17ms;  ///< of the motion when it is seen

template <typename Node>
void give_frame(Node& node, tactus::Duration display, double x = 0, double angle = 0) {
  node.give("frame_pose", pose_for(display, x, angle));
  node.give("frame", frame_for(display), {.origin = tactus::Time{display - kAge}});
}

/// The Harness publishes at the real time: far in the future, these frames are in time.
constexpr tactus::Duration kFuture = std::chrono::seconds{2'100'000'000};

TEST(LatencyProbe, MotionToPhotonGoesFromTheMotionsCaptureToTheDisplayTime) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  give_frame(node, kFuture + 60ms);
  node.step_at(kFuture + 52ms);
  const auto& measured = node.last<MotionToPhoton>("motion_to_photon");
  EXPECT_EQ(xr::stamp_ns(measured.latency), 17'000'000);
  EXPECT_EQ(measured.frame, 1U);
  EXPECT_EQ(xr::stamp_ns(measured.header.stamp), (kFuture + 60ms).count());
  EXPECT_DOUBLE_EQ(node.metric("motion_to_photon").last, 17);
  EXPECT_EQ(node.metric("late_frames").count, 0U);
}

TEST(LatencyProbe, AFrameThatMissesItsInstantIsSeenAtALaterOne) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  const tactus::Duration now = tactus::group_now().time_since_epoch();
  const tactus::Duration display = now - 25ms;  // published 25 ms or a little more after its instant
  give_frame(node, display);
  node.step_at(now);
  const auto latency = xr::stamp_ns(node.last<MotionToPhoton>("motion_to_photon").latency);
  EXPECT_GE(latency, 17'000'000 + 30'000'000);        // the third instant after
  EXPECT_EQ((latency - 17'000'000) % 10'000'000, 0);  // of a grid of 10 ms
  EXPECT_EQ(node.metric("late_frames").count, 1U);
  EXPECT_GE(node.metric("late_frames").last, 25);
}

TEST(LatencyProbe, ThePoseErrorIsThatAtTheDisplayTime) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  // The truth moves by 1 mm and 0.001 rad per ms.
  node.give("ground_truth", truth_at(kFuture + 50ms, 0.050, 0.050));
  give_frame(node, kFuture + 62ms, 0.067, 0.052);
  node.step_at(kFuture + 52ms);
  EXPECT_TRUE(node.taken<PoseError>("pose_error").empty());  // that instant has not come yet
  node.give("ground_truth", truth_at(kFuture + 60ms, 0.060, 0.060));
  node.give("ground_truth", truth_at(kFuture + 65ms, 0.065, 0.065));
  node.step_at(kFuture + 65ms);
  const auto errors = node.taken<PoseError>("pose_error");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NEAR(errors[0]->translation, 0.005, 1e-9);
  EXPECT_NEAR(errors[0]->rotation, 0.010, 1e-9);
  EXPECT_EQ(xr::stamp_ns(errors[0]->header.stamp), (kFuture + 62ms).count());
  EXPECT_NEAR(node.metric("position_error").last, 5, 1e-6);
  EXPECT_NEAR(node.metric("rotation_error").last, 0.573, 1e-3);
}

TEST(LatencyProbe, BlackFramesHaveNoMotionAndAreNotMeasured) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  node.give("frame_pose", pose_for(kFuture + 50ms));
  node.give("frame", frame_for(kFuture + 60ms), {.origin = tactus::Time{kFuture}});
  node.give("frame", frame_for(0ms), {.origin = tactus::Time{kFuture}});
  node.step_at(kFuture + 52ms);
  EXPECT_TRUE(node.taken<MotionToPhoton>("motion_to_photon").empty());
  node.node().stop();
  EXPECT_THAT(node.logged(), Contains(HasSubstr("nothing was measured")));
}

TEST(LatencyProbe, WithoutGroundTruthTheLatencyIsMeasuredAllTheSame) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  give_frame(node, kFuture + 60ms);
  node.step_at(kFuture + 52ms);
  EXPECT_EQ(node.metric("motion_to_photon").count, 1U);
  EXPECT_EQ(node.metric("position_error").count, 0U);
  node.node().stop();
  EXPECT_THAT(node.logged(), Contains(HasSubstr("no ground truth")));
}

TEST(LatencyProbe, AFrameThatDescendsFromNoMotionHasNoLatency) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  node.give("frame_pose", pose_for(kFuture + 60ms));
  node.give("frame", frame_for(kFuture + 60ms));
  node.step_at(kFuture + 52ms);
  EXPECT_TRUE(node.taken<MotionToPhoton>("motion_to_photon").empty());
}

TEST(LatencyProbe, TheFirstSecondIsNotMeasured) {
  tactus::testing::Harness<LatencyProbe> node{{{"settle", 1.0}}};
  for (const tactus::Duration t : {60ms, 560ms, 1059ms, 1060ms, 1070ms}) {
    give_frame(node, kFuture + t);
    node.step_at(kFuture + t);
  }
  EXPECT_EQ(node.metric("motion_to_photon").count, 2U);
}

TEST(LatencyProbe, ATruthThatStopsDoesNotHoldUpOrOverflow) {
  tactus::testing::Harness<LatencyProbe> node{kAtOnce};
  node.give("ground_truth", truth_at(kFuture, 0));
  for (auto t = 10ms; t <= 3000ms; t += 10ms) {
    give_frame(node, kFuture + t);
    node.step_at(kFuture + t);
  }
  EXPECT_EQ(node.metric("motion_to_photon").count, 300U);
  node.give("ground_truth", truth_at(kFuture + 3000ms, 0));
  node.step_at(kFuture + 3000ms);
  EXPECT_EQ(node.metric("position_error").count, 64U);  // what is kept
}

}  // namespace
