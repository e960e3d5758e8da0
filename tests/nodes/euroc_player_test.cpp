// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it. The Harness' time jumps to what
// the node waits for: a recording is played at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../nodes/euroc_player/euroc_player.cpp"
#include "recording.hpp"
#include "tactus/testing/harness.hpp"

namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::CameraInfo;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::Imu;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using tf2_msgs::msg::TFMessage;
using xr::testing::Recording;
using Player = tactus::testing::Harness<EurocPlayer>;
using Parameters = std::map<std::string, tactus::ParameterValue>;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kBegin = 10 * kMs;  // of the first sample

Parameters parameters(const Recording& recording) { return {{"dataset", recording.folder.string()}}; }

template <typename T>
std::vector<std::int64_t> stamps(Player& node, const std::string& output) {
  std::vector<std::int64_t> stamps;
  for (const auto& message : node.taken<T>(output)) stamps.push_back(xr::stamp_ns(message->header.stamp));
  return stamps;
}

TEST(EurocPlayer, StampsKeepTheirDistancesFromTheFirstSampleOn) {
  const Recording recording{3};
  Player node{parameters(recording)};
  node.run({});
  EXPECT_THAT(stamps<Imu>(node, "imu"), ElementsAre(kBegin, kBegin + 5 * kMs, kBegin + 10 * kMs));
  EXPECT_THAT(stamps<PoseStamped>(node, "ground_truth"),
              ElementsAre(kBegin, kBegin + 5 * kMs, kBegin + 10 * kMs));
}

TEST(EurocPlayer, ValuesAreThoseOfTheRecording) {
  const Recording recording{3};
  Player node{parameters(recording)};
  node.run({});
  const Imu& imu = node.last<Imu>("imu");
  EXPECT_EQ(imu.header.frame_id, "imu");
  EXPECT_EQ(imu.angular_velocity.y, 0.2);
  EXPECT_EQ(imu.linear_acceleration.z, 2);
  const PoseStamped& truth = node.last<PoseStamped>("ground_truth");
  EXPECT_EQ(truth.header.frame_id, "world");
  EXPECT_EQ(truth.pose.position.x, 2);
  EXPECT_EQ(truth.pose.orientation.w, 1);
}

TEST(EurocPlayer, ImagesComeWithTheSampleOfTheirTime) {
  const Recording recording{21, 3};  // 100 ms
  Player node{parameters(recording)};
  node.run({});
  const auto left = node.taken<Image>("left_image");
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(xr::stamp_ns(left[1]->header.stamp), kBegin + 50 * kMs);
  EXPECT_EQ(left[1]->header.frame_id, "camera_left");
  EXPECT_EQ(left[1]->encoding, "mono8");
  EXPECT_EQ(left[1]->width, 8U);
  EXPECT_EQ(left[1]->height, 6U);
  EXPECT_EQ(left[1]->step, 8U);
  EXPECT_THAT(left[1]->data.span(), Each(10));
  const Image& right = node.last<Image>("right_image");
  EXPECT_EQ(xr::stamp_ns(right.header.stamp), kBegin + 100 * kMs);
  EXPECT_THAT(right.data.span(), Each(21));
  EXPECT_EQ(node.metric("late_images").count + node.metric("refused_images").count, 0U);
}

TEST(EurocPlayer, CalibrationsAreThoseOfTheSensorFiles) {
  const Recording recording{1};
  Player node{parameters(recording)};
  node.run({});
  const auto& info = node.last<CameraInfo>("left_camera_info");
  EXPECT_EQ(info.header.frame_id, "camera_left");
  EXPECT_EQ(info.width, 8U);
  EXPECT_EQ(info.k[0], 10);
  EXPECT_EQ(info.k[4], 11);
  EXPECT_EQ(info.distortion_model, "plumb_bob");
  EXPECT_THAT(info.d.span(), ElementsAre(-0.25, 0.5, 1e-3, -2e-3, 0));
  const auto& tf = node.last<TFMessage>("tf_static");
  ASSERT_EQ(tf.transforms.size(), 2U);
  EXPECT_EQ(tf.transforms[1].header.frame_id, "imu");
  EXPECT_EQ(tf.transforms[1].child_frame_id, "camera_right");
  EXPECT_EQ(tf.transforms[1].transform.translation.x, 0.5);
  EXPECT_EQ(tf.transforms[1].transform.translation.y, -0.1);
  // The camera's z is the body's x, its x the body's -y.
  const Eigen::Quaterniond turn = xr::to_eigen(tf.transforms[1].transform.rotation);
  EXPECT_TRUE((turn * Eigen::Vector3d::UnitZ()).isApprox(Eigen::Vector3d::UnitX(), 1e-12));
  EXPECT_TRUE((turn * Eigen::Vector3d::UnitX()).isApprox(-Eigen::Vector3d::UnitY(), 1e-12));
}

TEST(EurocPlayer, AnImageThatCannotBeReadIsNamedCountedAndLeftOut) {
  const Recording recording{41, 5};
  std::filesystem::resize_file(recording.image("cam0", 1), 30);
  std::filesystem::remove(recording.image("cam0", 3));
  std::ofstream{recording.image("cam1", 4)} << "no picture";
  Player node{parameters(recording)};
  node.run({});
  EXPECT_THAT(stamps<Image>(node, "left_image"), ElementsAre(kBegin, kBegin + 100 * kMs, kBegin + 200 * kMs));
  EXPECT_EQ(stamps<Image>(node, "right_image").size(), 4U);
  EXPECT_EQ(node.metric("refused_images").count, 3U);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("1050000000.png")));
  node.node().stop();
  EXPECT_THAT(node.logged().back(), HasSubstr("3 of 10 images were left out: 0 late, 3 refused"));
}

TEST(EurocPlayer, AnImageThatIsNotReadyIsLateAndNothingIsLostInSilence) {
  const Recording recording{401, 40};
  std::optional<xr::testing::HeldFile> held{recording.image("cam0", xr::ImageDecoder::kAhead)};
  Player node{parameters(recording)};
  node.run({});
  held.reset();
  const auto played = stamps<Image>(node, "left_image").size() + stamps<Image>(node, "right_image").size();
  const auto late = node.metric("late_images").count;
  EXPECT_GE(late, 1U);
  EXPECT_EQ(played + late, 80U);
  EXPECT_EQ(stamps<Imu>(node, "imu").size(), 256U) << "the queue of the harness holds so many";
  EXPECT_EQ(node.metric("lag").count, 401U);
}

TEST(EurocPlayer, AnImageThatDoesNotFitIsRefused) {
  const Recording recording{1, 1};
  std::vector<std::uint8_t> pixels(100 * 100);
  xr::write_png(recording.image("cam0", 0), {100, 100, 100, 1, pixels.data()});
  auto given = parameters(recording);
  given["max_image_bytes"] = std::int64_t{4096};
  Player node{given};
  node.run({});
  EXPECT_TRUE(node.taken<Image>("left_image").empty());
  EXPECT_EQ(node.metric("refused_images").count, 1U);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("100 x 100 pixels are more than max_image_bytes")));
}

TEST(EurocPlayer, StopsWhenItIsAskedTo) {
  const Recording recording{1000};
  Player node{parameters(recording)};
  std::stop_source stop;
  stop.request_stop();
  node.run(stop.get_token());
  EXPECT_LE(stamps<Imu>(node, "imu").size(), 1U);
}

TEST(EurocPlayer, MalformedRowsAreLeftOutAndSaid) {
  const Recording recording{1};
  recording.write("imu0/data.csv",
                  "1000000000,1,2,3,4,5,6\ngarbage\n1005000000,1,2,3,4,5\n1010000000,1,2,3,4,5,6\n");
  Player node{parameters(recording)};
  node.run({});
  EXPECT_THAT(stamps<Imu>(node, "imu"), ElementsAre(kBegin, kBegin + 10 * kMs));
  EXPECT_THAT(node.logged(), Contains(HasSubstr("2 malformed rows were left out")));
}

TEST(EurocPlayer, WithoutCamerasOrCalibrationsItPlaysTheRestAndSaysSo) {
  const Recording recording{1, 1};
  std::filesystem::remove(recording.folder / "mav0/cam0/sensor.yaml");
  std::filesystem::remove_all(recording.folder / "mav0/cam1");
  Player node{parameters(recording)};
  node.run({});
  EXPECT_EQ(node.taken<Imu>("imu").size(), 1U);
  EXPECT_EQ(node.taken<Image>("left_image").size(), 1U);
  EXPECT_TRUE(node.taken<CameraInfo>("left_camera_info").empty());
  EXPECT_TRUE(node.taken<TFMessage>("tf_static").empty());
  EXPECT_THAT(node.logged(), Contains(HasSubstr("cam0/sensor.yaml: no calibration of camera_left")));
  EXPECT_THAT(node.logged(), Contains(HasSubstr("cam1: no images of camera_right")));
}

std::string reason(const Parameters& parameters) {
  try {
    Player node{parameters};
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return "";
}

TEST(EurocPlayer, ARecordingThatCannotBeUnderstoodIsAFaultWithTheReason) {
  EXPECT_THAT(reason({}), HasSubstr("'dataset' is empty"));
  EXPECT_THAT(reason({{"dataset", std::string{"/nowhere"}}}), HasSubstr("/nowhere: no such folder"));
  const Recording recording{1, 1};
  recording.write("cam0/sensor.yaml", "resolution: [8, 6]\n");
  EXPECT_THAT(reason(parameters(recording)), HasSubstr("cam0/sensor.yaml: camera_model is missing"));
  recording.write_calibration("cam0", 0);
  recording.write_calibration("imu0", 1);
  EXPECT_THAT(reason(parameters(recording)), HasSubstr("imu0/sensor.yaml: T_BS is not the identity"));
  recording.write("imu0/data.csv", "#nothing\n");
  EXPECT_THAT(reason(parameters(recording)), HasSubstr("imu0/data.csv: holds no row"));
}

}  // namespace
