// SPDX-License-Identifier: Apache-2.0
#include "sensor_yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recording.hpp"

namespace xr {
namespace {

using ::testing::HasSubstr;

struct SensorYamlTest : ::testing::Test {
  [[nodiscard]] std::string text() const {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  /// What is said about the file with one text in place of another.
  std::string word_about(const std::string& from, const std::string& to) const {
    std::string changed = text();
    const auto at = changed.find(from);
    if (at == std::string::npos) return "the file has no " + from;
    recording.write("cam0/sensor.yaml", changed.replace(at, from.size(), to));
    std::string word;
    try {
      static_cast<void>(read_camera(file));
    } catch (const std::runtime_error& problem) {
      word = problem.what();
    }
    recording.write_calibration("cam0", 0);
    return word;
  }
  testing::Recording recording{1};
  std::filesystem::path file = recording.folder / "mav0/cam0/sensor.yaml";
};

TEST_F(SensorYamlTest, ReadsWhatEurocWrites) {
  const RecordedCamera read = read_camera(file);
  EXPECT_EQ(read.camera, (Camera{8, 6, 10, 11, 3.5, 2.5, -0.25, 0.5, 1e-3, -2e-3, 0}));
  EXPECT_EQ(read.on_body.position, (Eigen::Vector3d{0.5, 0, 0.25}));
  // What the camera sees ahead (z) lies along the body's x, its right (x) at the body's -y.
  EXPECT_TRUE(
      (read.on_body.orientation * Eigen::Vector3d{1, 2, 3}).isApprox(Eigen::Vector3d{3, -1, -2}, 1e-12));
}

TEST_F(SensorYamlTest, LineEndsAndIndentationDoNotMatter) {
  std::string changed;
  for (const char letter : text()) changed += letter == '\n' ? "\r\n  " : std::string{letter};
  recording.write("cam0/sensor.yaml", "%YAML:1.0\n" + changed);
  EXPECT_EQ(read_camera(file).camera.fx, 10);
}

TEST_F(SensorYamlTest, WhatIsWrongIsNamedWithTheFile) {
  EXPECT_THAT(word_about("intrinsics:", "other:"), HasSubstr("cam0/sensor.yaml: intrinsics is missing"));
  EXPECT_THAT(word_about("[10, 11,", "[11,"), HasSubstr("intrinsics has 3 numbers, not 4"));
  EXPECT_THAT(word_about("[10, 11,", "[ten, 11,"), HasSubstr("intrinsics holds 'ten', which is no number"));
  EXPECT_THAT(word_about("[10, 11,", "[nan, 11,"), HasSubstr("no number"));
  EXPECT_THAT(word_about("[10, 11,", "[-10, 11,"), HasSubstr("no focal length"));
  EXPECT_THAT(word_about("[10, 11,", "10, 11,"), HasSubstr("intrinsics is no list"));
  EXPECT_THAT(word_about("1e-3, -2e-3]", "1e-3, -2e-3"), HasSubstr("distortion_coefficients is no list"));
  EXPECT_THAT(word_about("radial-tangential", "equidistant"),
              HasSubstr("'equidistant' is not known, only radial-tangential"));
  EXPECT_THAT(word_about("pinhole", "omni"), HasSubstr("'omni' is not known"));
  EXPECT_THAT(word_about("[8, 6]", "[8, 0]"), HasSubstr("resolution is no size"));
  EXPECT_THAT(word_about("[8, 6]", "[8.5, 6]"), HasSubstr("resolution is no size"));
  EXPECT_THAT(word_about("-1, 0, 0", "1, 0, 0"), HasSubstr("T_BS is no rotation"));   // a mirror
  EXPECT_THAT(word_about("-1, 0, 0", "-2, 0, 0"), HasSubstr("T_BS is no rotation"));  // not rigid
  EXPECT_THAT(word_about("0.0, 1.0]", "0.0, 2.0]"), HasSubstr("T_BS is no rotation"));
}

TEST_F(SensorYamlTest, EmptyMissingAndForeignFilesAreErrors) {
  EXPECT_THROW(static_cast<void>(read_camera(recording.folder / "none.yaml")), std::runtime_error);
  for (const std::string& content :
       std::vector<std::string>{"", "\n", "T_BS:", std::string(5000, '['), "\xff\xfe\x01\n\n:::\n"}) {
    recording.write("cam0/sensor.yaml", content);
    EXPECT_THROW(static_cast<void>(read_camera(file)), std::runtime_error);
  }
}

TEST(SensorYaml, ReadsTheFilesOfARealRecording) {
  const char* given = std::getenv("TACTUS_TEST_DATA");
  const std::filesystem::path folder =
      std::filesystem::path{given != nullptr ? given : TACTUS_DEFAULT_DATA} / "euroc/MH_01_easy_a/mav0";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no recording at " << folder << " (set TACTUS_TEST_DATA)";
  const RecordedCamera left = read_camera(folder / "cam0/sensor.yaml"),
                       right = read_camera(folder / "cam1/sensor.yaml");
  EXPECT_EQ(left.camera.fx, 458.654);
  EXPECT_EQ(left.camera.k1, -0.28340811);
  EXPECT_NEAR((left.on_body.position - right.on_body.position).norm(), 0.110, 0.001);  // the baseline
  EXPECT_TRUE(
      read_sensor_pose(folder / "imu0/sensor.yaml").orientation.isApprox(Eigen::Quaterniond::Identity()));
}

}  // namespace
}  // namespace xr
