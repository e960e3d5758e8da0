// SPDX-License-Identifier: Apache-2.0
#include "timewarp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <tactus/msg/message.hpp>

namespace xr {
namespace {

using testing::Each;

constexpr std::uint32_t kWidth = 160, kHeight = 120;
constexpr double kFocal = 100;
const double kFieldOfView = 2 * std::atan(0.5 * kWidth / kFocal);

/// A camera that sees exactly what the display shows: same size, same focal length, same centre.
Camera same_camera() {
  return {kWidth, kHeight, kFocal, kFocal, 0.5 * (kWidth - 1), 0.5 * (kHeight - 1), 0, 0, 0, 0, 0};
}

/// The value says the place: a smooth picture whose neighbours differ.
std::vector<std::uint8_t> gradient(std::uint32_t channels = 1) {
  std::vector<std::uint8_t> pixels;
  for (std::uint32_t y = 0; y < kHeight; ++y) {
    for (std::uint32_t x = 0; x < kWidth; ++x) {
      for (std::uint32_t c = 0; c < channels; ++c)
        pixels.push_back(static_cast<std::uint8_t>(20 + x + (c + 1) * y / 4));
    }
  }
  return pixels;
}

Eigen::Matrix3d turn_right(double angle) {  // y points down: a positive angle takes z to x
  return Eigen::AngleAxisd{angle, Eigen::Vector3d::UnitY()}.toRotationMatrix();
}

struct Warped : testing::Test {
  Warped() { warp.set_camera(same_camera()); }
  std::vector<std::uint8_t> run(const Eigen::Matrix3d& turn, const std::vector<std::uint8_t>& picture,
                                std::uint32_t channels = 1) {
    std::vector<std::uint8_t> out(picture.size(), 7);
    warp.warp(turn, {kWidth, kHeight, kWidth * channels, channels, picture.data()}, out);
    return out;
  }
  Timewarp warp{{kWidth, kHeight, kFieldOfView, 0, 0}};
};

TEST_F(Warped, NoTurnGivesTheSamePicture) {
  EXPECT_EQ(run(Eigen::Matrix3d::Identity(), gradient()), gradient());
  EXPECT_EQ(run(Eigen::Matrix3d::Identity(), gradient(3), 3), gradient(3));
}

TEST_F(Warped, ATurnShiftsTheCentreByFocalLengthTimesItsTangent) {
  const double angle = std::atan(20 / kFocal);  // 20 pixels
  Eigen::Vector2d pixel;
  ASSERT_TRUE(warp.trace(turn_right(angle), 0.5 * (kWidth - 1), 0.5 * (kHeight - 1), pixel));
  EXPECT_NEAR(pixel.x(), 0.5 * (kWidth - 1) + 20, 1e-9);
  EXPECT_NEAR(pixel.y(), 0.5 * (kHeight - 1), 1e-9);
  // In pixels: what the display shows in its middle lay 20 columns further right in the camera.
  const auto picture = gradient();
  const auto out = run(turn_right(angle), picture);
  const std::size_t middle = kHeight / 2 * kWidth + kWidth / 2;
  EXPECT_NEAR(out[middle], picture[middle + 20], 1);
  EXPECT_NEAR(run(turn_right(-angle), picture)[middle], picture[middle - 20], 1);
}

TEST_F(Warped, WhatTheCameraDidNotSeeIsBlack) {
  const auto out = run(turn_right(std::atan(40 / kFocal)), gradient());
  for (std::uint32_t y = 0; y < kHeight; ++y) EXPECT_EQ(out[y * kWidth + kWidth - 1], 0) << y;
  EXPECT_NE(out[kHeight / 2 * kWidth], 0);
  EXPECT_THAT(run(turn_right(std::numbers::pi), gradient()), Each(0));  // looking back
  EXPECT_THAT(run(turn_right(std::numbers::pi / 2), gradient()), Each(0));
}

TEST_F(Warped, RowsMayBePadded) {
  const auto picture = gradient();
  std::vector<std::uint8_t> padded;
  for (std::uint32_t y = 0; y < kHeight; ++y) {
    padded.insert(padded.end(), picture.begin() + y * kWidth, picture.begin() + (y + 1) * kWidth);
    padded.insert(padded.end(), 32, 255);
  }
  std::vector<std::uint8_t> out(picture.size());
  warp.warp(Eigen::Matrix3d::Identity(), {kWidth, kHeight, kWidth + 32, 1, padded.data()}, out);
  EXPECT_EQ(out, picture);
}

TEST(Timewarp, SizesThatAreNoMultipleOfACellAreFilledToTheLastPixel) {
  Timewarp warp{{37, 21, 1.0, 0, 0}};
  warp.set_camera({200, 200, 50, 50, 100, 100, 0, 0, 0, 0, 0});
  const std::vector<std::uint8_t> white(200 * 200, 255);
  std::vector<std::uint8_t> out(37 * 21 + 1, 7);
  warp.warp(Eigen::Matrix3d::Identity(), {200, 200, 200, 1, white.data()}, std::span{out}.first(37 * 21));
  EXPECT_THAT(std::span{out}.first(37 * 21), Each(255));
  EXPECT_EQ(out.back(), 7);
}

/// The real camera of the recordings, a lens, a turn about all axes: cells against every ray by itself.
TEST(Timewarp, CellsAreAsGoodAsEveryRayByItself) {
  const Camera camera{752,         480,        458.654,    457.296,  367.215, 248.375,
                      -0.28340811, 0.07395907, 0.00019359, 1.76e-05, 0};
  Timewarp warp{{640, 480, 1.22, 0.1, 0.05}};
  warp.set_camera(camera);
  std::vector<std::uint8_t> picture(752 * 480);
  for (std::uint32_t i = 0; i < picture.size(); ++i)
    picture[i] =
        static_cast<std::uint8_t>(128 + 100 * std::sin(0.02 * (i % 752)) * std::cos(0.03 * (i / 752)));
  const Eigen::Matrix3d turn =
      Eigen::AngleAxisd{0.1, Eigen::Vector3d{1, -2, 3}.normalized()}.toRotationMatrix();
  std::vector<std::uint8_t> out(640 * 480);
  warp.warp(turn, {752, 480, 752, 1, picture.data()}, out);
  std::size_t compared = 0;
  for (std::uint32_t y = 0; y < 480; y += 7) {
    for (std::uint32_t x = 0; x < 640; x += 5) {
      Eigen::Vector2d at;
      if (!warp.trace(turn, x, y, at) || at.x() < 2 || at.y() < 2 || at.x() > 749 || at.y() > 477) continue;
      const double exact = 128 + 100 * std::sin(0.02 * at.x()) * std::cos(0.03 * at.y());
      ASSERT_NEAR(out[y * 640 + x], exact, 2.5) << x << ' ' << y;
      ++compared;
    }
  }
  EXPECT_GT(compared, 5000U);
}

TEST(Timewarp, ADistortionThatFoldsBackShowsNothingBeyondTheFold) {
  Camera camera = same_camera();
  camera.k1 = -0.5;  // grows until 3 * 0.5 * r^2 = 1
  EXPECT_NEAR(camera.largest_squared_radius(), 2.0 / 3, 0.02);
  Timewarp warp{{kWidth, kHeight, kFieldOfView, 0, 0}};
  warp.set_camera(camera);
  Eigen::Vector2d pixel;
  EXPECT_TRUE(warp.trace(turn_right(0.6), 0.5 * (kWidth - 1), 0.5 * (kHeight - 1), pixel));
  EXPECT_FALSE(warp.trace(turn_right(0.8), 0.5 * (kWidth - 1), 0.5 * (kHeight - 1), pixel));
}

TEST(Camera, ProjectsWithTheDistortionByHand) {
  const Camera camera{100, 100, 10, 20, 50, 40, 0.1, 0.01, 0.001, 0.002, 0};
  // x = 1, y = 2: r2 = 5, radial = 1 + 0.5 + 0.25 = 1.75
  // xd = 1.75 + 2 * 0.001 * 2 + 0.002 * (5 + 2) = 1.768; yd = 3.5 + 0.001 * (5 + 8) + 2 * 0.002 * 2 = 3.521
  const Eigen::Vector2d pixel = camera.project({2, 4, 2});
  EXPECT_NEAR(pixel.x(), 50 + 17.68, 1e-9);
  EXPECT_NEAR(pixel.y(), 40 + 70.42, 1e-9);
}

TEST(Camera, SurvivesItsMessage) {
  const Camera camera{752, 480, 458.654, 457.296, 367.215, 248.375, -0.28, 0.07, 0.0002, 1.7e-05, 0};
  tactus::Message<sensor_msgs::msg::CameraInfo> info;
  write_camera_info(camera, *info);
  EXPECT_EQ(defect_of(*info), nullptr);
  EXPECT_EQ(camera_from(*info), camera);
  EXPECT_EQ(info->p[0], 458.654);
  EXPECT_EQ(info->k[8], 1);
}

TEST(Camera, RefusesWhatIsNoCalibration) {
  const auto refuses = [](auto spoil) {
    tactus::Message<sensor_msgs::msg::CameraInfo> info;
    write_camera_info(same_camera(), *info);
    spoil(*info);
    EXPECT_NE(defect_of(*info), nullptr);
  };
  refuses([](auto& info) { info.width = 0; });
  refuses([](auto& info) { info.k[0] = 0; });
  refuses([](auto& info) { info.k[4] = -1; });
  refuses([](auto& info) { info.k[2] = std::nan(""); });
  refuses([](auto& info) { info.distortion_model = "equidistant"; });
  refuses([](auto& info) { info.d = {0, 0, 0, 0, 0, 0, 0, 0}; });
}

}  // namespace
}  // namespace xr
