// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nav_msgs/msg/path.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <sensor_msgs/msg/joint_state.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>

namespace {

using geometry_msgs::msg::PoseStamped;
using nav_msgs::msg::Path;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::JointState;
using tactus::Message;

TEST(MessageBlock, HasTheSizesThatPrototypesHad) {
  EXPECT_EQ(sizeof(std_msgs::msg::Header), 16U);
  EXPECT_EQ(sizeof(sensor_msgs::msg::Imu), 312U);
  EXPECT_EQ(sizeof(Image), 48U);
  EXPECT_EQ(sizeof(PoseStamped), 72U);
  EXPECT_EQ(sizeof(Path), 24U);
}

TEST(MessageBlock, FieldsFindTheirBlockAtAnyDepth) {
  Message<Path> path;
  path->poses.resize(4);
  path->poses[3].header.frame_id = "map";
  EXPECT_EQ(path->poses[3].header.frame_id, "map");
  EXPECT_TRUE(path->poses[0].header.frame_id.empty());
  EXPECT_STREQ(path->poses[0].header.frame_id.c_str(), "");
  EXPECT_EQ(path->poses[2].pose.orientation.w, 1.0);
}

TEST(MessageBlock, AssigningAHeaderCopiesIntoTheDestinationsOwnTail) {
  Message<Image> in;
  in->header.frame_id = "camera_left";
  Message<PoseStamped> out;
  out->header = in->header;
  in->header.frame_id = "changed";
  EXPECT_EQ(out->header.frame_id, "camera_left");
}

TEST(MessageBlock, NestedStringsSurviveTheGrowthOfTheirSequence) {
  Message<JointState> joints{1 << 16};
  for (int i = 0; i < 100; ++i) joints->name.emplace_back() = "joint_" + std::to_string(i);
  Message<Path> path{1 << 16};
  for (int i = 0; i < 100; ++i) path->poses.emplace_back().header.frame_id = "frame_" + std::to_string(i);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(joints->name[i], "joint_" + std::to_string(i));
    EXPECT_EQ(path->poses[i].header.frame_id, "frame_" + std::to_string(i));
  }
}

TEST(MessageBlock, SaysHowMuchWasWantedWhenTheTailIsFull) {
  Message<Image> image{64};
  try {
    image->data.resize(1000);
    FAIL() << "1000 bytes fitted into 64";
  } catch (const tactus::TailExhausted& error) {
    EXPECT_EQ(error.wanted(), 1000U);
    EXPECT_LT(error.left(), 64U);
  }
  EXPECT_EQ(image->data.size(), 0U);
  EXPECT_FALSE(image->data.try_resize(1000));
  EXPECT_TRUE(image->data.try_resize(8));
  EXPECT_FALSE(image->encoding.try_assign(std::string(100, 'x')));
}

TEST(MessageBlock, ResizingZeroesUnlessToldOtherwise) {
  Message<Image> image{256};
  for (auto& byte : image->data.resize(16, tactus::for_overwrite)) byte = 7;
  image->data.resize(0);
  image->data.resize(16);
  EXPECT_THAT(image->data.span(), testing::Each(0));
}

TEST(MessageBlock, TheLastRunGrowsWhereItLies) {
  Message<Image> image{4096};
  for (int i = 0; i < 2000; ++i) image->data.push_back(std::uint8_t(i));
  EXPECT_EQ(image->data.size(), 2000U);
  EXPECT_EQ(image->data[1999], std::uint8_t(1999));
  EXPECT_LT(tactus::block_used(image.bytes()), 4096U);
}

TEST(MessageBlock, AnElementMayBeAppendedToItsOwnSequence) {
  Message<Path> path;
  path->poses.emplace_back().header.frame_id = "a frame of its own";
  path->header.frame_id = "a run behind the poses: growth moves them";
  for (std::size_t i = 0; i < 20; ++i) path->poses.push_back(path->poses[i]);
  EXPECT_EQ(path->poses.size(), 21U);
  for (const auto& pose : path->poses) EXPECT_EQ(pose.header.frame_id, "a frame of its own");
}

TEST(MessageBlock, CopiesOfAMessageAreIndependentAndEqual) {
  Message<Path> path;
  path->header.frame_id = "odom";
  path->poses.resize(2);
  path->poses[1].pose.position.x = 3;
  Message<Path> copy{*path};
  EXPECT_EQ(*copy, *path);
  copy->poses[1].pose.position.x = 4;
  EXPECT_NE(*copy, *path);
  Message<Path> moved{std::move(copy)};
  EXPECT_EQ(moved->poses[1].pose.position.x, 4);
}

TEST(CheckBlock, AcceptsWhatItsOwnTypesWrite) {
  Message<sensor_msgs::msg::PointCloud2> cloud;
  cloud->fields.resize(3);
  cloud->fields[1].name = "y";
  cloud->data.resize(100);
  cloud->is_dense = true;
  EXPECT_TRUE(
      tactus::BlockCheck{tactus::type_info<sensor_msgs::msg::PointCloud2>()}(cloud.bytes(), cloud.size()));
}

class HostileBlock : public testing::Test {
 protected:
  HostileBlock() {
    path->header.frame_id = "map";
    path->poses.resize(2);
    path->poses[1].header.frame_id = "odom";
  }
  [[nodiscard]] bool accepted(std::size_t size) const {
    return tactus::BlockCheck{tactus::type_info<Path>()}(path.bytes(), size);
  }
  /// {offset, size} of the sequence of poses.
  std::int32_t* poses() { return reinterpret_cast<std::int32_t*>(path.bytes() + 16 + 16); }
  std::int32_t* frame_id() { return reinterpret_cast<std::int32_t*>(path.bytes() + 16 + 8); }
  Message<Path> path;
};

TEST_F(HostileBlock, IsAcceptedUntouched) { EXPECT_TRUE(accepted(path.size())); }
TEST_F(HostileBlock, TruncatedAtAnyByteIsRefusedOrStillWhole) {
  const std::size_t used = tactus::block_used(path.bytes());
  for (std::size_t size = 0; size < used - 8; ++size) EXPECT_FALSE(accepted(size)) << size;
  EXPECT_TRUE(accepted(used));
}
TEST_F(HostileBlock, WithACountBeyondTheBlockIsRefused) {
  for (const std::int32_t count : {3000, 0x7fffffff, -1}) {
    poses()[1] = count;
    EXPECT_FALSE(accepted(path.size())) << count;
  }
}
TEST_F(HostileBlock, WithAnOffsetOutsideIsRefused) {
  for (const std::int32_t offset : {-64, 1 << 20, INT32_MIN, INT32_MAX}) {
    poses()[0] = offset;
    EXPECT_FALSE(accepted(path.size())) << offset;
  }
}
TEST_F(HostileBlock, WithAMisalignedRunIsRefused) {
  poses()[0] += 4;
  EXPECT_FALSE(accepted(path.size()));
}
TEST_F(HostileBlock, WithAnUnterminatedStringIsRefused) {
  frame_id()[1] = 2;  // "ma" followed by 'p'
  EXPECT_FALSE(accepted(path.size()));
}
TEST_F(HostileBlock, WhoseRunsAreSharedBeyondItsSizeIsRefused) {
  // Every pose may claim the same text: together more than the block holds.
  Message<JointState> joints{4096};
  joints->name.resize(64);
  joints->name[0] = std::string(1000, 'x');
  auto* runs = reinterpret_cast<std::int32_t*>(joints->name.begin());
  for (int i = 1; i < 64; ++i) {
    runs[2 * i] = runs[0] - 8 * i;
    runs[2 * i + 1] = 1000;
  }
  EXPECT_FALSE(tactus::BlockCheck{tactus::type_info<JointState>()}(joints.bytes(), joints.size()));
}
TEST_F(HostileBlock, WithABoolThatIsNeitherIsRefused) {
  Message<sensor_msgs::msg::PointCloud2> cloud;
  *reinterpret_cast<std::uint8_t*>(&cloud->is_dense) = 2;
  EXPECT_FALSE(
      tactus::BlockCheck{tactus::type_info<sensor_msgs::msg::PointCloud2>()}(cloud.bytes(), cloud.size()));
}

TEST(DefaultMaxBytes, IsExactForTypesWithoutATail) {
  bool exact = false;
  EXPECT_EQ(tactus::default_max_bytes(tactus::type_info<geometry_msgs::msg::Pose>(), exact), 16U + 56U);
  EXPECT_TRUE(exact);
  EXPECT_GT(tactus::default_max_bytes(tactus::type_info<Image>(), exact), 1U << 20);
  EXPECT_FALSE(exact);
}

}  // namespace
