// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../../nodes/reprojection/reprojection.cpp"
#include "allocations.hpp"
#include "renderer.hpp"
#include "rig_message.hpp"
#include "room.hpp"
#include "tactus/testing/harness.hpp"
#include "trajectory.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::CameraInfo;
using sensor_msgs::msg::Image;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using tf2_msgs::msg::TFMessage;
using xr_msgs::msg::PredictedPose;
using namespace std::chrono_literals;

constexpr std::uint32_t kWidth = 160, kHeight = 120;
constexpr double kFocal = 100;
const double kFieldOfView = 2 * std::atan(0.5 * kWidth / kFocal) * 180 / std::numbers::pi;

/// The display shows exactly what the camera sees; a frame is seen 10 ms after it begins.
std::map<std::string, tactus::ParameterValue> display() {
  return {{"width", std::int64_t{kWidth}},
          {"height", std::int64_t{kHeight}},
          {"field_of_view", kFieldOfView},
          {"display_latency", 10.0}};
}

std::uint8_t value_at(std::uint32_t x, std::uint32_t y) { return static_cast<std::uint8_t>(20 + x + y / 2); }

tactus::Message<Image> image_at(tactus::Duration t, std::string_view encoding = "mono8") {
  const std::uint32_t channels = encoding == "rgb8" ? 3 : 1;
  tactus::Message<Image> image{std::size_t{kWidth} * kHeight * 3 + 1024};
  xr::set_stamp_ns(image->header.stamp, t.count());
  image->header.frame_id = "camera_left";
  image->width = kWidth;
  image->height = kHeight;
  image->step = kWidth * channels;
  image->encoding = encoding;
  const auto data = image->data.resize(std::size_t{kWidth} * kHeight * channels, tactus::for_overwrite);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto pixel = static_cast<std::uint32_t>(i / channels);
    data[i] = value_at(pixel % kWidth, pixel / kWidth);
  }
  return image;
}

tactus::Message<CameraInfo> camera_info() {
  tactus::Message<CameraInfo> info;
  xr::write_camera_info({kWidth, kHeight, kFocal, kFocal, 0.5 * (kWidth - 1), 0.5 * (kHeight - 1)}, *info);
  return info;
}

tactus::Message<TFMessage> rig() {
  tactus::Message<TFMessage> message;
  xr::write_rig(0, xr::synthetic_rig(), *message);
  return message;
}

/// About the world's up axis: positive looks to the left.
Eigen::Quaterniond yaw(double angle) {
  return Eigen::Quaterniond{Eigen::AngleAxisd{angle, Eigen::Vector3d::UnitZ()}};
}

tactus::Message<PoseStamped> pose_at(tactus::Duration t, const Eigen::Quaterniond& orientation) {
  tactus::Message<PoseStamped> pose;
  xr::write_pose(t.count(), {0, 0, 1.6}, orientation, *pose);
  return pose;
}

tactus::Message<PredictedPose> predicted(tactus::Duration t, const Eigen::Quaterniond& orientation,
                                         double turn_rate = 0) {
  tactus::Message<PredictedPose> prediction;
  xr::write_prediction({{t.count(), {0, 0, 1.6}, orientation}, Eigen::Vector3d::Zero(), {0, 0, turn_rate}},
                       (t - 15ms).count(), *prediction);
  return prediction;
}

std::uint8_t pixel(const Image& frame, std::uint32_t x, std::uint32_t y) {
  return frame.data[y * frame.step + x];
}

struct ReprojectionTest : testing::Test {
  void give_camera() {
    node.give("camera_info", camera_info());
    node.give("tf_static", rig());
  }
  /// Poses every 5 ms up to `until`, all the same.
  void give_poses(tactus::Duration until, const Eigen::Quaterniond& orientation = yaw(0)) {
    for (tactus::Duration t = 5ms; t <= until; t += 5ms) node.give("pose", pose_at(t, orientation));
  }
  const Image& frame_at(tactus::Duration t) {
    node.step_at(t);
    return node.last<Image>("frame");
  }
  tactus::testing::Harness<Reprojection> node{display()};
};

TEST_F(ReprojectionTest, AHeadAtRestGivesTheSamePicture) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  const Image& frame = frame_at(50ms);
  EXPECT_EQ(frame.width, kWidth);
  EXPECT_EQ(frame.height, kHeight);
  EXPECT_EQ(frame.encoding, "mono8");
  EXPECT_EQ(frame.header.frame_id, "display");
  EXPECT_EQ(xr::stamp_ns(frame.header.stamp), 60'000'000);
  const auto original = image_at(40ms);
  for (std::uint32_t y = 0; y < kHeight; ++y) {
    for (std::uint32_t x = 0; x < kWidth; ++x)
      ASSERT_NEAR(pixel(frame, x, y), value_at(x, y), 1) << x << ' ' << y;
  }
  EXPECT_DOUBLE_EQ(node.metric("image_age").last, 20);
  EXPECT_EQ(node.metric("black_frames").count, 0U);
}

TEST_F(ReprojectionTest, ATurnToTheLeftShiftsThePictureByFocalLengthTimesItsTangent) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(std::atan(20 / kFocal))));
  const Image& frame = frame_at(50ms);
  // Looking to the left, the middle of the display shows what lay 20 columns further left.
  EXPECT_NEAR(pixel(frame, kWidth / 2, kHeight / 2), value_at(kWidth / 2 - 20, kHeight / 2), 1);
  EXPECT_EQ(pixel(frame, 0, kHeight / 2), 0);  // the camera did not see that far
}

TEST_F(ReprojectionTest, OnlyTheTurnSinceTheImageCounts) {
  give_camera();
  for (tactus::Duration t = 5ms; t <= 50ms; t += 5ms)  // turns by 0.01 rad per ms
    node.give("pose", pose_at(t, yaw(1e-8 * static_cast<double>(t.count()))));
  node.give("image", image_at(42ms));  // between two poses: 0.42 rad
  node.give("predicted_pose", predicted(60ms, yaw(0.42 + std::atan(20 / kFocal))));
  EXPECT_NEAR(pixel(frame_at(50ms), kWidth / 2, kHeight / 2), value_at(kWidth / 2 - 20, kHeight / 2), 1);
}

TEST_F(ReprojectionTest, APredictionForAnotherInstantIsBroughtToThisOne) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  // For 10 ms later than this frame is seen, while turning by 10 rad/s: 0.1 rad too far.
  node.give("predicted_pose", predicted(70ms, yaw(0.1 + std::atan(20 / kFocal)), 10));
  EXPECT_NEAR(pixel(frame_at(50ms), kWidth / 2, kHeight / 2), value_at(kWidth / 2 - 20, kHeight / 2), 1);
  const auto& shown = node.last<PredictedPose>("frame_pose");
  EXPECT_EQ(xr::stamp_ns(shown.display_time), 60'000'000);
  EXPECT_EQ(xr::stamp_ns(shown.header.stamp), 55'000'000);
}

TEST_F(ReprojectionTest, WhenTrackingStopsThePictureStandsStillAndSaysSo) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  // From a pose at 45 ms, turning by 1 rad/s: at 245 ms, the longest prediction, by 0.185 rad more.
  node.give("predicted_pose", predicted(60ms, yaw(0), 1));
  const auto shift = static_cast<std::uint32_t>(std::lround(kFocal * std::tan(0.185)));
  for (const tactus::Duration t : {235ms, 300ms, 2000ms}) {
    EXPECT_NEAR(pixel(frame_at(t), kWidth / 2, kHeight / 2), value_at(kWidth / 2 - shift, kHeight / 2), 1);
    EXPECT_EQ(xr::stamp_ns(node.last<PredictedPose>("frame_pose").display_time), (t + 10ms).count());
  }
  EXPECT_EQ(node.metric("pose_age").last, 2010 - 45);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("the last one is held")).Times(1));
  node.give("predicted_pose", predicted(2020ms, yaw(0)));
  node.step_at(2010ms);
  EXPECT_THAT(node.logged(), Contains("head poses again"));
}

TEST_F(ReprojectionTest, AnImageThatOvertookItsPoseIsBroughtInWithThePrediction) {
  give_camera();
  give_poses(30ms);
  node.give("image", image_at(40ms));
  // Turning to the left by 10 rad/s: 0.2 rad between the image and the display.
  node.give("predicted_pose", predicted(60ms, yaw(0.6), 10));
  EXPECT_NEAR(
      pixel(frame_at(50ms), kWidth / 2, kHeight / 2),
      value_at(kWidth / 2 - static_cast<std::uint32_t>(std::lround(kFocal * std::tan(0.2))), kHeight / 2), 1);
  // When the poses have come they count: the head did not turn at all until then.
  node.give("pose", pose_at(45ms, yaw(0)));
  node.give("predicted_pose", predicted(70ms, yaw(0)));
  EXPECT_NEAR(pixel(frame_at(60ms), kWidth / 2, kHeight / 2), value_at(kWidth / 2, kHeight / 2), 1);
}

TEST_F(ReprojectionTest, ColourStaysColour) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms, "rgb8"));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  const Image& frame = frame_at(50ms);
  EXPECT_EQ(frame.encoding, "rgb8");
  EXPECT_EQ(frame.step, 3 * kWidth);
  EXPECT_NEAR(frame.data[3 * (10 * kWidth + 20) + 2], value_at(20, 10), 1);
}

TEST_F(ReprojectionTest, IsBlackAndSaysWhatIsMissing) {
  node.step_at(0ms);
  EXPECT_THAT(node.last<Image>("frame").data.span(), Each(0));
  EXPECT_EQ(node.last<Image>("frame").data.size(), kWidth * kHeight);
  EXPECT_TRUE(node.taken<PredictedPose>("frame_pose").empty());
  for (int i = 1; i < 100; ++i) node.step_at(i * 11ms);
  EXPECT_THAT(node.logged(), Contains("the display is black: camera_info has not come"));
  EXPECT_EQ(node.metric("black_frames").count, 100U);
}

TEST_F(ReprojectionTest, EachMissingInputKeepsItBlack) {
  const auto black = [this](tactus::Duration t) {
    const auto& frame = frame_at(t);
    return std::ranges::all_of(frame.data, [](std::uint8_t value) { return value == 0; });
  };
  give_poses(50ms);
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  EXPECT_TRUE(black(50ms));
  node.give("camera_info", camera_info());
  EXPECT_TRUE(black(60ms));
  node.give("tf_static", rig());
  EXPECT_FALSE(black(70ms));
  EXPECT_THAT(node.logged(), Contains("the first picture, after 2 black frames"));
}

TEST_F(ReprojectionTest, AnImageOlderThanTheHeadsHistoryIsRefusedAndThePictureStays) {
  give_camera();
  node.give("pose", pose_at(30ms, yaw(0)));
  node.give("pose", pose_at(50ms, yaw(0)));
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  EXPECT_NE(pixel(frame_at(50ms), 80, 60), 0);
  node.give("image", image_at(20ms));
  EXPECT_NE(pixel(frame_at(60ms), 80, 60), 0);
  EXPECT_EQ(node.metric("refused_images").count, 1U);
  EXPECT_DOUBLE_EQ(node.metric("image_age").last, 30);  // still the one of 40 ms
}

TEST_F(ReprojectionTest, DamagedImagesAreRefusedCountedAndNamedOnce) {
  give_camera();
  give_poses(50ms);
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  const auto give_spoilt = [this](auto spoil) {
    auto image = image_at(40ms);
    spoil(*image);
    node.give("image", image);
    node.step_at(50ms);
  };
  give_spoilt([](Image& image) { image.encoding = "bayer_rggb8"; });
  give_spoilt([](Image& image) { image.step = kWidth - 1; });
  give_spoilt([](Image& image) { image.height = kHeight + 1; });
  give_spoilt([](Image& image) {
    image.height = 0xffffffff;
    image.step = 0xffffffff;
  });
  give_spoilt([](Image& image) { image.width = 0; });
  EXPECT_EQ(node.metric("refused_images").count, 5U);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("'bayer_rggb8'")).Times(1));
  EXPECT_EQ(pixel(node.last<Image>("frame"), 80, 60), 0);
}

TEST_F(ReprojectionTest, AnImageOfAnotherSizeThanTheCalibrationIsNotShown) {
  node.give("tf_static", rig());
  tactus::Message<CameraInfo> info;
  xr::write_camera_info({2 * kWidth, kHeight, kFocal, kFocal, 10, 10}, *info);
  node.give("camera_info", info);
  give_poses(50ms);
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  EXPECT_THAT(frame_at(50ms).data.span(), Each(0));
}

TEST_F(ReprojectionTest, ACalibrationThatCannotBeIsIgnoredAndSaid) {
  give_camera();
  auto info = camera_info();
  info->k[0] = 0;
  node.give("camera_info", info);
  node.step_at(0ms);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("camera_info has no focal length")));
}

TEST_F(ReprojectionTest, PosesThatAreNoNumbersGiveABlackFrameAndNothingWorse) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  auto prediction = predicted(60ms, yaw(0));
  prediction->pose.orientation.w = std::nan("");
  node.give("predicted_pose", prediction);
  EXPECT_THAT(frame_at(50ms).data.span(), Each(0));
}

TEST_F(ReprojectionTest, DoesNotAllocate) {
  give_camera();
  give_poses(50ms);
  node.give("image", image_at(40ms));
  node.give("predicted_pose", predicted(60ms, yaw(0)));
  node.step_at(50ms);
  give_poses(100ms);
  node.give("image", image_at(90ms));
  node.give("predicted_pose", predicted(110ms, yaw(0.1)));
  if (!tactus::testing::counts_allocations()) GTEST_SKIP() << "sanitizers have an allocator of their own";
  const auto before = tactus::testing::allocations_of_this_thread();
  node.step_at(100ms);
  EXPECT_EQ(tactus::testing::allocations_of_this_thread(), before);
  EXPECT_NE(pixel(node.last<Image>("frame"), 80, 60), 0);
}

/// A head that looks around in the room, seen by a camera of 20 Hz and a display of 100 Hz that shows what
/// the camera sees.
class LookAround {
 public:
  LookAround() {
    tactus::Message<CameraInfo> info;
    xr::write_camera_info(kCamera, *info);
    node_.give("camera_info", info);
    node_.give("tf_static", rig());
  }
  /// How much a frame differs from what it should show: the room from where the last image was taken, the
  /// head turned as it is when the frame is seen.
  double difference_at(tactus::Duration t) {
    const tactus::Duration image = t - t % 50ms;
    for (; fed_ <= t; fed_ += 5ms) feed(fed_);
    node_.step_at(t);
    return difference(node_.last<Image>("frame").data.span(), view(image, t + 10ms));
  }
  /// The same without reprojection: the image as it is.
  double difference_of_the_image_at(tactus::Duration t) const {
    const tactus::Duration image = t - t % 50ms;
    return difference(view(image, image), view(image, t + 10ms));
  }

 private:
  static constexpr xr::Camera kCamera{640, 480, 400, 400, 319.5, 239.5};
  static constexpr std::uint32_t kBlock = 4;

  static std::map<std::string, tactus::ParameterValue> parameters() {
    return {{"field_of_view", 2 * std::atan(320 / 400.0) * 180 / std::numbers::pi},
            {"display_latency", 10.0}};
  }
  void feed(tactus::Duration t) {
    const xr::Motion motion{{t.count(), head_.position(seconds(t)), head_.orientation(seconds(t))},
                            Eigen::Vector3d::Zero(),
                            head_.angular_velocity(seconds(t))};
    node_.give("pose", pose_at(t, motion.pose.orientation));
    tactus::Message<PredictedPose> prediction;
    xr::write_prediction(motion, t.count(), *prediction);
    node_.give("predicted_pose", prediction);
    if (t % 50ms == 0ms) give_image(t);
  }
  void give_image(tactus::Duration t) {
    tactus::Message<Image> image{640 * 480 + 1024};
    xr::set_stamp_ns(image->header.stamp, t.count());
    image->width = image->step = 640;
    image->height = 480;
    image->encoding = "mono8";
    image->data = view(t, t);
    node_.give("image", image);
  }
  std::vector<std::uint8_t> view(tactus::Duration from, tactus::Duration turned_as) const {
    const xr::SensorPose eye = xr::synthetic_rig().left;
    std::vector<std::uint8_t> pixels(640 * 480);
    renderer_.render(head_.position(seconds(from)) + head_.orientation(seconds(from)) * eye.position,
                     head_.orientation(seconds(turned_as)) * eye.orientation, pixels);
    return pixels;
  }
  /// Gray values, on average over blocks of pixels that are not black: the camera may not have seen the
  /// display's border.
  static double difference(std::span<const std::uint8_t> frame, std::span<const std::uint8_t> wanted) {
    double sum = 0, count = 0;
    for (std::size_t y = 0; y < 480; y += kBlock) {
      for (std::size_t x = 0; x < 640; x += kBlock) {
        const auto [here, dark] = block(frame, x, y);
        if (dark) continue;
        sum += std::abs(here - block(wanted, x, y).first);
        ++count;
      }
    }
    return sum / count;
  }
  /// The mean of a block, and whether one of its pixels is black.
  static std::pair<double, bool> block(std::span<const std::uint8_t> pixels, std::size_t x, std::size_t y) {
    double sum = 0;
    bool dark = false;
    for (std::size_t row = y; row < y + kBlock; ++row) {
      for (const std::uint8_t value : pixels.subspan(row * 640 + x, kBlock)) {
        sum += value;
        dark |= value == 0;
      }
    }
    return {sum / (kBlock * kBlock), dark};
  }
  static double seconds(tactus::Duration t) { return xr::Trajectory::seconds(t.count()); }

  tactus::testing::Harness<Reprojection> node_{parameters()};
  xr::Trajectory head_{7};
  xr::Renderer renderer_{kCamera, xr::make_room(7)};
  tactus::Duration fed_ = 10s;
};

TEST(Reprojection, TheRoomStandsStillWhileTheHeadTurns) {
  LookAround head;
  double shown = 0, unturned = 0;
  for (tactus::Duration t = 10s; t < 11s; t += 10ms) {
    shown = std::max(shown, head.difference_at(t));
    unturned = std::max(unturned, head.difference_of_the_image_at(t));
  }
  EXPECT_LT(shown, 1.5) << "the worst frame";
  EXPECT_GT(unturned, 10 * shown) << "the head did not turn enough to tell";
}

TEST(Reprojection, WithoutAnyPictureItSaysSoInTheEnd) {
  std::vector<std::string> logged;
  {
    tactus::testing::Harness<Reprojection> node{display()};
    node.step_at(0ms);
    node.node().stop();
    logged = node.logged();
  }
  EXPECT_THAT(logged, Contains("no picture was displayed: camera_info has not come"));
}

}  // namespace
