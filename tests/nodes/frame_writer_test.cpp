// SPDX-License-Identifier: Apache-2.0
// Through the Harness; the node is compiled in as its shared object has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "../../nodes/frame_writer/frame_writer.cpp"
#include "tactus/testing/harness.hpp"

namespace {

namespace fs = std::filesystem;
using sensor_msgs::msg::Image;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

tactus::Message<Image> frame(std::uint8_t value, std::string_view encoding = "mono8") {
  tactus::Message<Image> image;
  image->width = 4;
  image->height = 2;
  image->step = encoding == "rgb8" ? 12 : 4;
  image->encoding = encoding;
  image->data.resize(2 * image->step);
  for (auto& byte : image->data.span()) byte = value;
  return image;
}

struct FrameWriterTest : testing::Test {
  FrameWriterTest() { fs::create_directories(folder); }
  ~FrameWriterTest() override { fs::remove_all(folder); }
  std::map<std::string, tactus::ParameterValue> parameters(std::int64_t every = 1) const {
    return {{"directory", (folder / "a/b").string()}, {"every", every}};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{folder / "a/b"}) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  /// One round: what is queued.
  template <typename Node>
  static void run_once(Node& node) {
    std::stop_source source;
    source.request_stop();
    node.run(source.get_token());
  }
  fs::path folder = fs::temp_directory_path() / ("tactus_frames_" + std::to_string(getpid()));
};

TEST_F(FrameWriterTest, WritesTheLastOfEveryNFramesNamedByTheirNumber) {
  tactus::testing::Harness<FrameWriter> node{parameters(3)};
  for (std::uint8_t i = 1; i <= 7; ++i) node.give("frame", frame(i));
  run_once(node);
  EXPECT_THAT(files(), ElementsAre("frame_000003.png", "frame_000006.png"));
  EXPECT_THAT(xr::read_png(folder / "a/b/frame_000006.png").pixels, testing::Each(6));
  EXPECT_EQ(node.metric("write_time").count, 2U);
  node.node().stop();
  EXPECT_THAT(node.logged().front(), HasSubstr("a/b/frame_000003.png"));
  EXPECT_THAT(node.logged().back(),
              testing::AllOf(HasSubstr("2 frames in "), HasSubstr("frame_000003.png to frame_000006.png")));
}

TEST_F(FrameWriterTest, ColourIsWrittenToo) {
  tactus::testing::Harness<FrameWriter> node{parameters()};
  node.give("frame", frame(9, "rgb8"));
  run_once(node);
  EXPECT_THAT(files(), ElementsAre("frame_000001.png"));
}

TEST_F(FrameWriterTest, AFolderThatCannotBeIsAnErrorWithTheReason) {
  std::ofstream{folder / "a"} << "a file";
  try {
    tactus::testing::Harness<FrameWriter> node{parameters()};
    FAIL() << "wrote into a file";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a/b: Not a directory; give another 'directory'"));
  }
}

TEST_F(FrameWriterTest, WhatCannotBeWrittenIsCountedAndSaidOnceAndItGoesOn) {
  tactus::testing::Harness<FrameWriter> node{parameters()};
  node.give("frame", frame(1, "jpeg"));
  node.give("frame", frame(2, "jpeg"));
  auto cut = frame(3);
  cut->height = 100;
  node.give("frame", cut);
  node.give("frame", frame(4));
  run_once(node);
  EXPECT_THAT(files(), ElementsAre("frame_000004.png"));
  EXPECT_EQ(node.metric("failed_writes").count, 3U);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("'jpeg'")).Times(1));
  node.node().stop();
  EXPECT_THAT(node.logged().back(), HasSubstr("3 could not be written"));
}

TEST_F(FrameWriterTest, AFolderThatGoesAwayIsSaidWithItsReason) {
  tactus::testing::Harness<FrameWriter> node{parameters()};
  fs::remove_all(folder);
  node.give("frame", frame(1));
  run_once(node);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("frame_000001.png: No such file or directory")));
  node.node().stop();
  EXPECT_THAT(node.logged().back(), HasSubstr("no frame was written"));
}

TEST_F(FrameWriterTest, AFullDiskIsSaidAndLeavesNoHalfFile) {
  const fs::path full = "/dev/full";
  if (!fs::exists(full)) GTEST_SKIP() << "no /dev/full here";
  tactus::testing::Harness<FrameWriter> node{parameters()};
  fs::create_symlink(full, folder / "a/b/frame_000001.png.part");
  node.give("frame", frame(1));
  run_once(node);
  EXPECT_THAT(node.logged(), Contains(HasSubstr("frame_000001.png: No space left on device")));
  EXPECT_EQ(node.metric("failed_writes").count, 1U);
  EXPECT_TRUE(files().empty());
}

}  // namespace
