// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "euroc.hpp"
#include "integrator.hpp"
#include "png.hpp"
#include "trajectory.hpp"

namespace xr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder that goes away with the test.
class Scratch : public testing::Test {
 protected:
  Scratch() { fs::create_directories(folder); }
  ~Scratch() override { fs::remove_all(folder); }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream{folder / name} << text;
    return folder / name;
  }
  fs::path folder = fs::temp_directory_path() / ("tactus_nodes_" + std::to_string(getpid()));
};
using EurocCsv = Scratch;
using Png = Scratch;

TEST_F(EurocCsv, ReadsColumnsByPositionWhateverTheHeaderSays) {
  const auto table =
      read_imu(write("imu.csv", "#anything, at all\n2000,1,2,3,4,5,6\r\n1000, 0.5, 0, 0, 0, 0, 9.81\n"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].stamp_ns, 1000);
  EXPECT_EQ(table.rows[1].angular_velocity, (Eigen::Vector3d{1, 2, 3}));
  EXPECT_EQ(table.rows[1].linear_acceleration, (Eigen::Vector3d{4, 5, 6}));
  EXPECT_EQ(table.malformed, 0U);
}

TEST_F(EurocCsv, SkipsAndCountsRowsThatCannotBeRead) {
  const auto table = read_imu(
      write("imu.csv",
            "1000,1,2,3,4,5,6\ngarbage\n2000,1,2\n3000,1,2,x,4,5,6\n4000,nan,2,3,4,5,6\n-5,1,2,3,4,5,6\n"));
  EXPECT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.malformed, 5U);
}

TEST_F(EurocCsv, TakesPosesWithAndWithoutVelocityAndRefusesWhatIsNoRotation) {
  const auto table = read_poses(
      write("gt.csv", "1000,1,2,3,1,0,0,0\n2000,1,2,3,0,1,0,0,7,7,7,8,8,8,9,9,9\n3000,1,2,3,0,0,0,0\n"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].orientation.w(), 1);
  EXPECT_EQ(table.rows[1].orientation.x(), 1);
  EXPECT_EQ(table.malformed, 1U);
}

TEST_F(EurocCsv, ImagesStayInTheirFolderWhateverTheirName) {
  const auto table = read_images(write("data.csv", "1000,../../../etc/passwd\n2000,\n3000,a.png\n"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].file, folder / "data/passwd");
  EXPECT_EQ(table.rows[1].file, folder / "data/a.png");
}

TEST_F(EurocCsv, MissingAndEmptyFilesAreErrorsThatNameThem) {
  EXPECT_THROW((void)read_imu(folder / "none.csv"), std::runtime_error);
  try {
    (void)read_imu(write("empty.csv", "#only a header\n"));
    FAIL() << "an empty file was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("empty.csv: holds no row"));
  }
}

TEST_F(Png, MissingTruncatedAndForeignFilesAreErrorsThatNameThem) {
  EXPECT_THROW((void)read_png(folder / "none.png"), std::runtime_error);
  try {
    (void)read_png(write("short.png", "\x89PNG\r\n\x1a\n"));
    FAIL() << "a truncated file was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("short.png"));
  }
  EXPECT_THROW((void)read_png(write("text.png", "not a picture")), std::runtime_error);
}

TEST_F(Png, WhatIsWrittenIsReadAgain) {
  // Two pixels per row and one of padding.
  const std::vector<std::uint8_t> pixels{1, 2, 99, 3, 4, 99, 5, 6, 99};
  write_png(folder / "small.png", {2, 3, 3, 1, pixels.data()});
  const GrayImage image = read_png(folder / "small.png");
  EXPECT_EQ(image.width, 2U);
  EXPECT_EQ(image.height, 3U);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(Png, AColourImageIsWrittenAsOne) {
  const std::vector<std::uint8_t> pixels(4 * 2 * 3, 100);
  write_png(folder / "colour.png", {4, 2, 12, 3, pixels.data()});
  EXPECT_THROW((void)read_png(folder / "colour.png"), std::runtime_error);  // is no gray image
  EXPECT_TRUE(fs::exists(folder / "colour.png"));
}

TEST_F(Png, WhatCannotBeWrittenIsAnErrorWithTheReasonAndLeavesNothing) {
  const std::uint8_t pixel = 1;
  const auto reason = [&](const fs::path& file) -> std::string {
    try {
      write_png(file, {1, 1, 1, 1, &pixel});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(reason(folder / "none/a.png"), HasSubstr("none/a.png: No such file or directory"));
  write("taken", "a file");
  EXPECT_THAT(reason(folder / "taken/a.png"), HasSubstr("Not a directory"));
  fs::create_directories(folder / "b.png/full");
  EXPECT_THAT(reason(folder / "b.png"), HasSubstr("b.png: "));
  EXPECT_FALSE(fs::exists(folder / "b.png.part"));
}

constexpr std::int64_t kMs = 1'000'000;

TEST(Integrate, StaysWhereItIsWhenItFeelsOnlyGravity) {
  const ImuSample a{0, Eigen::Vector3d::Zero(), {0, 0, 9.81}},
      b{5 * kMs, Eigen::Vector3d::Zero(), {0, 0, 9.81}};
  const auto state = integrate({}, a, b, {}, 9.81);
  EXPECT_NEAR(state.position.norm(), 0, 1e-12);
  EXPECT_NEAR(state.velocity.norm(), 0, 1e-12);
  EXPECT_EQ(state.stamp_ns, 5 * kMs);
}

TEST(Integrate, ConstantAccelerationGivesHalfATSquared) {
  const ImuSample a{0, Eigen::Vector3d::Zero(), {2, 0, 9.81}},
      b{100 * kMs, Eigen::Vector3d::Zero(), {2, 0, 9.81}};
  const auto state = integrate({}, a, b, {}, 9.81);
  EXPECT_NEAR(state.position.x(), 0.01, 1e-12);  // 2 / 2 * 0.1^2
  EXPECT_NEAR(state.velocity.x(), 0.2, 1e-12);
}

TEST(Integrate, AQuarterTurnAboutZInASecond) {
  MotionState state;
  const Eigen::Vector3d rate{0, 0, std::numbers::pi / 2};
  for (int i = 0; i < 200; ++i) {
    state = integrate(state, {i * 5 * kMs, rate, {0, 0, 9.81}}, {(i + 1) * 5 * kMs, rate, {0, 0, 9.81}}, {},
                      9.81);
  }
  EXPECT_NEAR(state.orientation.angularDistance(
                  Eigen::Quaterniond{Eigen::AngleAxisd{std::numbers::pi / 2, Eigen::Vector3d::UnitZ()}}),
              0, 1e-8);
}

TEST(Integrate, TheBiasIsTakenOff) {
  const ImuBias bias{{0.1, 0, 0}, {0, 0.5, 0}};
  const ImuSample a{0, {0.1, 0, 0}, {0, 0.5, 9.81}}, b{5 * kMs, {0.1, 0, 0}, {0, 0.5, 9.81}};
  EXPECT_NEAR(integrate({}, a, b, bias, 9.81).velocity.norm(), 0, 1e-12);
}

TEST(Trajectory, IsSeededAndItsDerivativesFit) {
  const Trajectory a{7}, same{7}, other{8};
  EXPECT_EQ(a.position(1.5), same.position(1.5));
  EXPECT_NE(a.position(1.5), other.position(1.5));
  constexpr double kH = 1e-4;
  const Eigen::Vector3d numeric = (a.position(2 + kH) - 2 * a.position(2) + a.position(2 - kH)) / (kH * kH);
  EXPECT_NEAR((numeric - a.acceleration(2)).norm(), 0, 1e-5);
}

TEST(Trajectory, RepeatsWithoutASeam) {
  const Trajectory a{7};
  constexpr double kPeriod = 3600;
  EXPECT_EQ(Trajectory::seconds(Trajectory::kPeriodNs + 1'500'000'000), 1.5);
  EXPECT_NEAR((a.position(kPeriod) - a.position(0)).norm(), 0, 1e-9);
  EXPECT_NEAR(a.orientation(kPeriod).angularDistance(a.orientation(0)), 0, 1e-7);
  EXPECT_NEAR((a.acceleration(kPeriod) - a.acceleration(0)).norm(), 0, 1e-9);
}

TEST(Trajectory, IsAHeadThatLooksAroundInARoom) {
  for (const std::uint64_t seed : {1, 7, 8, 42}) {
    const Trajectory head{seed};
    double widest_yaw = 0;
    for (double t = 0; t < 120; t += 0.05) {
      EXPECT_LT((head.position(t) - Eigen::Vector3d{0, 0, 1.6}).cwiseAbs().maxCoeff(), 0.41);
      EXPECT_LT(head.acceleration(t).norm(), 6);
      EXPECT_LT(head.angular_velocity(t).norm(), 2);
      const Eigen::Vector3d forward = head.orientation(t) * Eigen::Vector3d::UnitX();
      EXPECT_LT(std::abs(std::asin(forward.z())), 0.35);
      widest_yaw = std::max(widest_yaw, std::abs(std::atan2(forward.y(), forward.x())));
    }
    EXPECT_GT(widest_yaw, 0.25);
    EXPECT_LT(widest_yaw, 0.71);
  }
}

/// Runs the estimator on the exact IMU of a trajectory with the given bias and 10 Hz corrections.
MotionState track(PoseEstimator& estimator, const Trajectory& truth, double seconds, const ImuBias& bias) {
  for (int i = 0; i <= static_cast<int>(seconds * 200); ++i) {
    const double t = i * 0.005;
    const std::int64_t stamp = 1'000'000'000 + i * 5 * kMs;
    const Eigen::Vector3d force =
        truth.orientation(t).conjugate() * (truth.acceleration(t) + Eigen::Vector3d{0, 0, 9.81});
    estimator.add_imu(
        {stamp, truth.angular_velocity(t) + bias.angular_velocity, force + bias.linear_acceleration});
    // A correction is 40 ms old when it comes, as SLAM's are.
    if (i % 20 == 8)
      estimator.correct(stamp - 40 * kMs, truth.position(t - 0.04), truth.orientation(t - 0.04));
  }
  return *estimator.state();
}

TEST(PoseEstimator, IsEmptyBeforeTheFirstCorrection) {
  PoseEstimator estimator{9.81};
  estimator.add_imu({1, Eigen::Vector3d::Zero(), {0, 0, 9.81}});
  EXPECT_FALSE(estimator.state());
}

TEST(PoseEstimator, FollowsAnExactTrajectoryWithLateCorrections) {
  PoseEstimator estimator{9.81};
  const Trajectory truth{7};
  const auto state = track(estimator, truth, 5, {});
  EXPECT_LT((state.position - truth.position(5)).norm(), 0.002);
  EXPECT_LT(state.orientation.angularDistance(truth.orientation(5)), 0.002);
}

TEST(PoseEstimator, LearnsTheBiases) {
  PoseEstimator estimator{9.81};
  const Trajectory truth{7};
  const ImuBias bias{{0.02, -0.01, 0.01}, {0.1, -0.1, 0.05}};
  const auto state = track(estimator, truth, 20, bias);
  EXPECT_LT((estimator.bias().angular_velocity - bias.angular_velocity).norm(), 0.005);
  EXPECT_LT((state.position - truth.position(20)).norm(), 0.01);
}

TEST(PoseEstimator, AnotherOneGoesOnWithWhatItSaved) {
  PoseEstimator one{9.81}, other{9.81};
  track(one, Trajectory{7}, 5, {});
  std::vector<std::byte> room(tactus::kMostStateBytes);
  tactus::StateWriter to{room};
  one.save(to);
  tactus::StateReader from{std::span{room}.first(to.size())};
  other.restore(from);
  EXPECT_EQ(from.left(), 0U);
  const MotionState saved = *one.state();
  const std::int64_t later = saved.stamp_ns + 5 * kMs;
  for (PoseEstimator* estimator : {&one, &other}) {
    EXPECT_FALSE(estimator->add_imu({later - 5 * kMs, {0.1, 0, 0}, {0, 0, 9.81}})) << "it had that one";
    EXPECT_TRUE(estimator->add_imu({later, {0.1, 0, 0}, {0, 0, 9.81}}));
    EXPECT_TRUE(estimator->correct(later - 10 * kMs, saved.position, saved.orientation));
  }
  EXPECT_EQ(one.state()->position, other.state()->position);
  EXPECT_EQ(one.state()->orientation.coeffs(), other.state()->orientation.coeffs());
  EXPECT_EQ(one.bias().angular_velocity, other.bias().angular_velocity);
  tactus::StateReader cut{std::span{room}.first(to.size() - 1)};
  EXPECT_THROW(other.restore(cut), tactus::ContractBroken);
}

const Eigen::Vector3d kZero = Eigen::Vector3d::Zero(), kGravity{0, 0, 9.81};
const Eigen::Quaterniond kUpright = Eigen::Quaterniond::Identity();

TEST(PoseEstimator, IgnoresWhatComesTooLateOrTwice) {
  PoseEstimator estimator{9.81};
  EXPECT_TRUE(estimator.correct(1'000, kZero, kUpright));
  EXPECT_TRUE(estimator.add_imu({2'000, kZero, kGravity}));
  EXPECT_FALSE(estimator.add_imu({2'000, kZero, kGravity}));
  EXPECT_FALSE(estimator.add_imu({1'500, kZero, kGravity}));
  EXPECT_FALSE(estimator.correct(900, Eigen::Vector3d::Ones(), kUpright));
  EXPECT_FALSE(estimator.correct(1'000, Eigen::Vector3d::Ones(), kUpright));
  EXPECT_NEAR(estimator.state()->position.norm(), 0, 1e-6);
}

TEST(PoseEstimator, WhatIsNoMeasurementAndNoPoseLeavesNoTrace) {
  PoseEstimator estimator{9.81};
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                   kInfinite = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(estimator.correct(1 * kMs, kZero, kUpright));
  EXPECT_TRUE(estimator.add_imu({1 * kMs, kZero, kGravity}));
  for (const double bad : {kNan, kInfinite, -kInfinite, 1e5, 1e308}) {
    EXPECT_FALSE(estimator.add_imu({2 * kMs, {0, bad, 0}, kGravity}));
    EXPECT_FALSE(estimator.add_imu({2 * kMs, kZero, {bad, 0, 0}}));
  }
  for (const double bad : {kNan, kInfinite}) EXPECT_FALSE(estimator.correct(2 * kMs, {bad, 0, 0}, kUpright));
  for (const double w : {kNan, kInfinite, 0.0, 2.0})
    EXPECT_FALSE(estimator.correct(2 * kMs, kZero, Eigen::Quaterniond{w, 0, 0, 0}));
  EXPECT_FALSE(estimator.correct(2'000 * kMs, kZero, kUpright)) << "a correction from the future";
  EXPECT_TRUE(estimator.add_imu({6 * kMs, kZero, kGravity}));
  EXPECT_NEAR(estimator.state()->position.norm(), 0, 1e-12);
  EXPECT_EQ(estimator.state()->stamp_ns, 6 * kMs);
}

TEST(PoseEstimator, AStreamThatBeginsAnewWaitsForItsFirstCorrection) {
  for (const std::int64_t again : {5'000 * kMs, -5'000 * kMs}) {  // a pause, a clock that was set back
    PoseEstimator estimator{9.81};
    estimator.correct(0, kZero, kUpright);
    for (std::int64_t t = 0; t <= 100 * kMs; t += 5 * kMs) estimator.add_imu({t, kZero, kGravity});
    ASSERT_TRUE(estimator.state());
    EXPECT_TRUE(estimator.add_imu({again, kZero, kGravity}));
    EXPECT_FALSE(estimator.state());
    EXPECT_TRUE(estimator.correct(again, Eigen::Vector3d::Ones(), kUpright));
    EXPECT_TRUE(estimator.add_imu({again + 5 * kMs, kZero, kGravity}));
    EXPECT_NEAR((estimator.state()->position - Eigen::Vector3d::Ones()).norm(), 0, 1e-12);
  }
}

/// On the real recording: 10 Hz corrections from the ground truth, error against the ground truth in between.
TEST(PoseEstimator, StaysWithinCentimetresAndDegreesOnARealFlight) {
  const char* given = std::getenv("TACTUS_TEST_DATA");
  const fs::path folder =
      fs::path{given != nullptr ? given : TACTUS_DEFAULT_DATA} / "euroc/MH_01_easy_a/mav0";
  if (!fs::exists(folder)) GTEST_SKIP() << "no recording at " << folder << " (set TACTUS_TEST_DATA)";
  const auto imu = read_imu(folder / "imu0/data.csv");
  const auto poses = read_poses(folder / "state_groundtruth_estimate0/data.csv");
  PoseEstimator estimator{9.81};
  double most_m = 0, most_rad = 0;
  for (std::size_t i = 0; i < imu.rows.size() && i < poses.rows.size(); ++i) {
    ASSERT_EQ(imu.rows[i].stamp_ns, poses.rows[i].stamp_ns);
    estimator.add_imu({imu.rows[i].stamp_ns, imu.rows[i].angular_velocity, imu.rows[i].linear_acceleration});
    if (estimator.state() && i > 200) {
      most_m = std::max(most_m, (estimator.state()->position - poses.rows[i].position).norm());
      most_rad =
          std::max(most_rad, estimator.state()->orientation.angularDistance(poses.rows[i].orientation));
    }
    if (i % 20 == 0)
      estimator.correct(poses.rows[i].stamp_ns, poses.rows[i].position, poses.rows[i].orientation);
  }
  RecordProperty("largest_mm", std::to_string(1e3 * most_m));
  EXPECT_LT(most_m, 0.05);
  EXPECT_LT(most_rad, 2 * std::numbers::pi / 180);
}

}  // namespace
}  // namespace xr
