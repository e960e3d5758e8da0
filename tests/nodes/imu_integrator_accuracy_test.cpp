// SPDX-License-Identifier: Apache-2.0
// How accurate the integrator is between corrections, through the Harness: on a seeded motion, and on a
// recording where there is one.
#include <gtest/gtest.h>

#include <filesystem>

#include "../../nodes/imu_integrator/imu_integrator.cpp"
#include "euroc.hpp"
#include "tactus/testing/harness.hpp"
#include "tactus/testing/trajectory.hpp"
#include "trajectory.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Imu;
using namespace std::chrono_literals;

tactus::Message<PoseStamped> to_message(const tactus::testing::TrajectoryPose& pose) {
  tactus::Message<PoseStamped> message;
  xr::write_pose(tactus::to_ns(pose.stamp), pose.position, pose.orientation, *message);
  return message;
}

/// What the integrator makes of the samples, corrected by the truth ten times a second.
tactus::testing::Trajectory integrate(const std::vector<xr::ImuSample>& samples,
                                      const tactus::testing::Trajectory& truth) {
  tactus::testing::Harness<ImuIntegrator> node;
  tactus::testing::Trajectory estimate;
  auto next = truth.begin();
  tactus::Time correct_at{};
  for (const xr::ImuSample& sample : samples) {
    const tactus::Time now = tactus::from_ns(sample.stamp_ns);
    while (next != truth.end() && next->stamp < now) ++next;
    if (next != truth.end() && next->stamp == now && now >= correct_at) {
      node.give("correction", to_message(*next));
      correct_at = now + 100ms;
    }
    tactus::Message<Imu> imu;
    xr::write_imu(sample, *imu);
    node.give("imu", imu);
    node.step_at(now);
    for (const auto& pose : node.taken<PoseStamped>("pose"))
      estimate.push_back(tactus::testing::to_trajectory_pose(*pose));
  }
  return estimate;
}

TEST(ImuIntegratorAccuracy, StaysWithinMillimetresOfASeededMotion) {
  const xr::Trajectory motion{7};
  const Eigen::Vector3d gravity{0, 0, 9.81};
  std::vector<xr::ImuSample> samples;
  tactus::testing::Trajectory truth;
  for (int i = 0; i < 2000; ++i) {
    const double t = 0.005 * i;
    const auto stamp = tactus::Time{1s + i * 5ms};
    const Eigen::Quaterniond orientation = motion.orientation(t);
    samples.push_back({tactus::to_ns(stamp), motion.angular_velocity(t),
                       orientation.conjugate() * (motion.acceleration(t) + gravity)});
    truth.push_back({stamp, motion.position(t), orientation});
  }
  const auto estimate = integrate(samples, truth);
  const auto absolute =
      tactus::testing::absolute_trajectory_error(estimate, truth, tactus::testing::Alignment::kNone);
  EXPECT_GT(absolute.poses, 1900U);
  EXPECT_LT(absolute.position.median, 0.003);
  EXPECT_LT(absolute.rotation.max, 0.005);
  const auto relative = tactus::testing::relative_pose_error(estimate, truth, 1s);
  EXPECT_LT(relative.position.median, 0.006);
}

TEST(ImuIntegratorAccuracy, StaysWithinCentimetresOfARecordedFlight) {
  const auto folder = std::filesystem::path{TACTUS_DEFAULT_DATA} / "MH_01_easy_a/mav0";
  if (!exists(folder)) GTEST_SKIP() << "no recording in " << TACTUS_DEFAULT_DATA;
  std::vector<xr::ImuSample> samples;
  for (const auto& row : xr::read_imu(folder / "imu0/data.csv").rows)
    samples.push_back({row.stamp_ns, row.angular_velocity, row.linear_acceleration});
  const auto truth = tactus::testing::read_trajectory(folder / "state_groundtruth_estimate0/data.csv");
  const auto estimate = integrate(samples, truth);
  const auto absolute =
      tactus::testing::absolute_trajectory_error(estimate, truth, tactus::testing::Alignment::kNone);
  EXPECT_GT(absolute.poses, samples.size() / 2);
  EXPECT_LT(absolute.position.rmse, 0.03);
  EXPECT_LT(absolute.rotation.max, 0.05);
  RecordProperty("position_rmse_mm", std::to_string(1e3 * absolute.position.rmse));
}

}  // namespace
