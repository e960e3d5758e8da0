// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <gmock/gmock.h>

#include <sensor_msgs/msg/image.hpp>

#include "command.hpp"
#include "tactus/msg/message.hpp"

namespace rtctl {
namespace {

using sensor_msgs::msg::Image;
using testing::ElementsAre;
using testing::HasSubstr;

class APicture : public testing::Test {
 protected:
  void fill(const char* encoding, std::uint32_t width, std::uint32_t height, std::uint32_t step,
            const std::vector<std::uint8_t>& data) {
    message_->encoding = encoding;
    message_->width = width;
    message_->height = height;
    message_->step = step;
    message_->data.resize(data.size());
    std::copy(data.begin(), data.end(), message_->data.data());
  }
  Picture read() { return read_picture(reinterpret_cast<const std::byte*>(&*message_)); }
  std::string error() {
    try {
      (void)read();
      return "none";
    } catch (const Failure& failure) {
      return failure.what();
    }
  }
  tactus::Message<Image> message_{4096};
};

TEST_F(APicture, IsReadWithoutTheGapsBetweenItsRows) {
  fill("mono8", 2, 2, 3, {1, 2, 99, 3, 4});
  EXPECT_THAT(read().values, ElementsAre(1, 2, 3, 4));
}

TEST_F(APicture, HasItsColoursInOneOrder) {
  fill("bgr8", 1, 1, 3, {1, 2, 3});
  EXPECT_THAT(read().values, ElementsAre(3, 2, 1));
}

TEST_F(APicture, IsSummedUpInALine) {
  fill("mono8", 2, 1, 2, {10, 21});
  message_->header.stamp.sec = 12;
  message_->header.stamp.nanosec = 5;
  message_->header.frame_id = "cam0";
  EXPECT_EQ(summary(read()), "2x1 mono8  stamp 12.000000005  min 10  mean 15.5  max 21  frame cam0");
}

TEST_F(APicture, ThatIsSmallerThanItsSizeSaysIsRefused) {
  fill("mono8", 1000, 1000, 1000, {1, 2, 3});
  EXPECT_THAT(error(), HasSubstr("more than its 3 bytes"));
  fill("mono8", 4, 1, 2, {1, 2, 3, 4});  // rows that overlap
  EXPECT_THAT(error(), HasSubstr("steps of 2"));
}

TEST_F(APicture, OfAnotherEncodingIsRefused) {
  fill("32FC1", 1, 1, 4, {0, 0, 0, 0});
  EXPECT_EQ(error(), "a picture of encoding '32FC1' cannot be shown: mono8, rgb8 and bgr8 can");
}

TEST_F(APicture, IsDrawnTwoPixelsToACell) {
  fill("rgb8", 1, 2, 3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(half_blocks(read(), {24, 80}), "\x1b[38;2;1;2;3;48;2;4;5;6m\u2580\x1b[0m\n");
}

TEST_F(APicture, IsScaledDownToTheTerminal) {
  fill("mono8", 8, 4, 8, std::vector<std::uint8_t>(32, 7));
  const std::string text = half_blocks(read(), {24, 4});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr("38;2;7;7;7"));
}

TEST_F(APicture, WithoutPixelsIsDrawnAsNothing) {
  fill("mono8", 0, 0, 0, {});
  EXPECT_EQ(half_blocks(read(), {24, 80}), "");
  EXPECT_EQ(summary(read()), "0x0 mono8  stamp 0.000000000");
}

}  // namespace
}  // namespace rtctl
