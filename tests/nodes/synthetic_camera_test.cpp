// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/synthetic_camera/synthetic_camera.cpp"
#include "tactus/testing/harness.hpp"

namespace {

using sensor_msgs::msg::CameraInfo;
using sensor_msgs::msg::Image;
using namespace std::chrono_literals;
using Parameters = std::map<std::string, tactus::ParameterValue>;

constexpr const char *kLeft = "left_image", *kRight = "right_image";

Parameters small(std::int64_t seed = 7, double noise = 0) {
  return {{"seed", seed},
          {"noise", noise},
          {"width", std::int64_t{160}},
          {"height", std::int64_t{120}},
          {"focal_length", 100.0}};
}

TEST(SyntheticCamera, BothImagesBearTheInstantOfTheirPose) {
  tactus::testing::Harness<SyntheticCamera> node{small()};
  node.step_at(1050ms);
  for (const auto& [output, frame] : {std::pair{kLeft, "camera_left"}, std::pair{kRight, "camera_right"}}) {
    const auto& image = node.last<Image>(output);
    EXPECT_EQ(xr::stamp_ns(image.header.stamp), 1'050'000'000);
    EXPECT_EQ(image.header.frame_id, frame);
    EXPECT_EQ(image.encoding, "mono8");
    EXPECT_EQ(image.width, 160U);
    EXPECT_EQ(image.height, 120U);
    EXPECT_EQ(image.step, 160U);
    EXPECT_EQ(image.data.size(), 160U * 120);
  }
}

TEST(SyntheticCamera, TheImageIsTheRoomFromWhereTheHeadIs) {
  tactus::testing::Harness<SyntheticCamera> node{small()};
  node.step_at(3s);
  const xr::Trajectory head{7};
  const auto rig = xr::synthetic_rig();
  const xr::Renderer renderer{{160, 120, 100, 100, 79.5, 59.5}, xr::make_room(7)};
  std::vector<std::uint8_t> expected(160 * 120);
  for (const auto& [output, eye] : {std::pair{kLeft, rig.left}, std::pair{kRight, rig.right}}) {
    renderer.render(head.position(3) + head.orientation(3) * eye.position,
                    head.orientation(3) * eye.orientation, expected);
    EXPECT_TRUE(std::ranges::equal(node.last<Image>(output).data, expected)) << output;
  }
}

TEST(SyntheticCamera, TheCalibrationComesOnceAndIsAPinholes) {
  tactus::testing::Harness<SyntheticCamera> node{small()};
  node.step_at(50ms);
  node.step_at(100ms);
  for (const char* output : {"left_camera_info", "right_camera_info"}) {
    const auto infos = node.taken<CameraInfo>(output);
    ASSERT_EQ(infos.size(), 1U) << output;
    EXPECT_EQ(xr::camera_from(*infos[0]), (xr::Camera{160, 120, 100, 100, 79.5, 59.5}));
  }
}

TEST(SyntheticCamera, SeedAndInstantDecideEveryPixel) {
  const auto pixels = [](std::int64_t seed, tactus::Duration at) {
    tactus::testing::Harness<SyntheticCamera> node{small(seed, 2)};
    node.step_at(at);
    const auto& image = node.last<Image>(kLeft);
    return std::vector<std::uint8_t>{image.data.begin(), image.data.end()};
  };
  EXPECT_EQ(pixels(1, 1s), pixels(1, 1s));
  EXPECT_NE(pixels(1, 1s), pixels(2, 1s));
  EXPECT_NE(pixels(1, 1s), pixels(1, 2s));
}

TEST(SyntheticCamera, TheRoomIsWorthTracking) {
  tactus::testing::Harness<SyntheticCamera> node{small()};
  for (auto at = 0s; at < 20s; at += 4s) {
    node.step_at(at);
    const auto& image = node.last<Image>(kLeft);
    double sum = 0, squares = 0;
    for (const double pixel : image.data) {
      sum += pixel;
      squares += pixel * pixel;
    }
    const double n = 160 * 120, mean = sum / n;
    EXPECT_GT(mean, 80);
    EXPECT_LT(mean, 190);
    EXPECT_GT(std::sqrt(squares / n - mean * mean), 25);  // contrast
  }
}

}  // namespace
