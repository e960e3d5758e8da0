// SPDX-License-Identifier: Apache-2.0
#include "tactus/testing/trajectory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

namespace tactus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::ThrowsMessage;
using namespace std::chrono_literals;

/// A helix: 100 poses, 10 ms apart.
Trajectory helix() {
  Trajectory trajectory;
  for (int i = 0; i < 100; ++i) {
    const double t = 0.01 * i;
    trajectory.push_back({Time{i * 10ms},
                          {std::cos(6 * t), std::sin(6 * t), t},
                          Eigen::Quaterniond{Eigen::AngleAxisd{6 * t, Eigen::Vector3d::UnitZ()}}});
  }
  return trajectory;
}

Trajectory moved(Trajectory trajectory, const Eigen::Isometry3d& by) {
  for (auto& pose : trajectory) {
    pose.position = by * pose.position;
    pose.orientation = Eigen::Quaterniond{by.rotation()} * pose.orientation;
  }
  return trajectory;
}

Eigen::Isometry3d another_frame() {
  Eigen::Isometry3d frame{Eigen::AngleAxisd{1.1, Eigen::Vector3d{1, 2, 3}.normalized()}};
  frame.pretranslate(Eigen::Vector3d{5, -3, 2});
  return frame;
}

TEST(AbsoluteTrajectoryError, IsZeroForTheSameMotionInAnotherFrame) {
  const auto error = absolute_trajectory_error(moved(helix(), another_frame()), helix());
  EXPECT_EQ(error.poses, 100U);
  EXPECT_NEAR(error.position.max, 0, 1e-9);
  EXPECT_NEAR(error.rotation.max, 0, 1e-6);
}

TEST(AbsoluteTrajectoryError, WithoutAlignmentTheFramesAreOne) {
  Eigen::Isometry3d shift = Eigen::Isometry3d::Identity();
  shift.pretranslate(Eigen::Vector3d{0.3, 0, 0.4});
  const auto error = absolute_trajectory_error(moved(helix(), shift), helix(), Alignment::kNone);
  EXPECT_NEAR(error.position.rmse, 0.5, 1e-9);
  EXPECT_NEAR(error.position.median, 0.5, 1e-9);
  EXPECT_NEAR(error.rotation.max, 0, 1e-9);
}

TEST(AbsoluteTrajectoryError, IsThatOfThePosesThatAreWrong) {
  auto estimate = helix();
  for (std::size_t i = 0; i < estimate.size(); i += 2) estimate[i].position.z() += 0.02;
  for (std::size_t i = 1; i < estimate.size(); i += 2) estimate[i].position.z() -= 0.02;
  estimate[50].orientation = estimate[50].orientation * Eigen::AngleAxisd{0.1, Eigen::Vector3d::UnitX()};
  const auto error = absolute_trajectory_error(estimate, helix(), Alignment::kNone);
  EXPECT_NEAR(error.position.rmse, 0.02, 1e-9);
  EXPECT_NEAR(error.position.mean, 0.02, 1e-9);
  EXPECT_NEAR(error.rotation.max, 0.1, 1e-9);
  EXPECT_NEAR(error.rotation.median, 0, 1e-9);
}

TEST(AbsoluteTrajectoryError, TheTruthIsInterpolatedAndPosesOutsideOfItAreLeftOut) {
  Trajectory truth;
  for (int i = 0; i <= 10; ++i) truth.push_back({Time{i * 100ms}, {0.1 * i, 0, 0}});
  Trajectory estimate;
  for (int i = -5; i <= 25; ++i) estimate.push_back({Time{i * 50ms}, {0.05 * i, 0, 0}});
  const auto error = absolute_trajectory_error(estimate, truth, Alignment::kNone);
  EXPECT_EQ(error.poses, 21U);
  EXPECT_NEAR(error.position.max, 0, 1e-12);
}

TEST(AbsoluteTrajectoryError, NeedsThreePosesToCompare) {
  const Trajectory late{{Time{1h}}, {Time{2h}}, {Time{3h}}};
  EXPECT_THAT([&] { (void)absolute_trajectory_error(late, helix()); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 of 3 poses lie within")));
}

TEST(RelativePoseError, IsTheDriftOverTheInterval) {
  auto estimate = moved(helix(), another_frame());
  for (std::size_t i = 0; i < estimate.size(); ++i)  // 1 cm/s along the body's own z, whatever the frame
    estimate[i].position +=
        estimate[i].orientation * Eigen::Vector3d{0, 0, 0.01 * 0.01 * static_cast<double>(i)};
  const auto error = relative_pose_error(estimate, helix(), 500ms);
  EXPECT_EQ(error.poses, 50U);
  EXPECT_NEAR(error.position.rmse, 0.005, 1e-9);
  EXPECT_NEAR(error.rotation.max, 0, 1e-6);
}

TEST(RelativePoseError, NeedsTrajectoriesThatLastLonger) {
  EXPECT_THAT([] { (void)relative_pose_error(helix(), helix(), 2s); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("2000 ms apart")));
}

class ReadTrajectory : public ::testing::Test {
 protected:
  Trajectory read(const std::string& text) {
    std::ofstream{file_} << text;
    return read_trajectory(file_);
  }
  ~ReadTrajectory() override { std::filesystem::remove(file_); }
  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / fmt::format("trajectory_{}.txt", getpid());
};

TEST_F(ReadTrajectory, AsEurocWritesIt) {
  const auto poses =
      read("#timestamp, p_x, ...\r\n1403636580838555648,4.688319,-1.786938,0.783338,0,1,0,0,-0.02\r\n");
  ASSERT_EQ(poses.size(), 1U);
  EXPECT_EQ(to_ns(poses[0].stamp), 1403636580838555648);
  EXPECT_EQ(poses[0].position.y(), -1.786938);
  EXPECT_EQ(poses[0].orientation.x(), 1);
}

TEST_F(ReadTrajectory, AsTumWritesIt) {
  const auto poses = read("# time tx ty tz qx qy qz qw\n1.5 1 2 3 0 0 1 0\n2 1 2 3 0 0 0 2\n");
  ASSERT_EQ(poses.size(), 2U);
  EXPECT_EQ(poses[0].stamp, Time{1500ms});
  EXPECT_EQ(poses[0].orientation.z(), 1);
  EXPECT_EQ(poses[1].orientation.w(), 1);
}

TEST_F(ReadTrajectory, NamesTheLineThatIsWrong) {
  EXPECT_THAT([&] { (void)read("1 1 2 3 0 0 1\n"); },
              ThrowsMessage<std::runtime_error>(HasSubstr(":1: column 8 is '', not a number")));
  EXPECT_THAT([&] { (void)read("1 1 2 x 0 0 1 1\n"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("column 4 is 'x'")));
  EXPECT_THAT([&] { (void)read("2 1 2 3 0 0 1 1\n1 1 2 3 0 0 1 1\n"); },
              ThrowsMessage<std::runtime_error>(HasSubstr(":2: stamps do not increase")));
  EXPECT_THAT([&] { (void)read_trajectory("/nowhere.txt"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("cannot be read")));
}

}  // namespace
}  // namespace tactus::testing
