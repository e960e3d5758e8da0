// SPDX-License-Identifier: Apache-2.0
#include "tactus/install_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class InstallSpace : public testing::Test {
 protected:
  InstallSpace() {
    std::string pattern = (fs::temp_directory_path() / "tactus_prefix_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    for (const char* variable : {"TACTUS_PREFIX_PATH", "COLCON_PREFIX_PATH", "AMENT_PREFIX_PATH"})
      unsetenv(variable);
  }
  ~InstallSpace() override { fs::remove_all(folder_); }

  fs::path with_launch_file(const fs::path& prefix, const std::string& package, const std::string& file) {
    const fs::path path = prefix / "share" / package / "launch" / file;
    fs::create_directories(path.parent_path());
    std::ofstream{path} << "nodes: {}\n";
    return path;
  }

  fs::path folder_;
};

TEST_F(InstallSpace, EndsWithThePrefixOfThisProgram) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  EXPECT_THAT(tactus::install_prefixes(), testing::ElementsAre(self.parent_path().parent_path()));
}

TEST_F(InstallSpace, TheFirstPrefixThatHasTheFileCounts) {
  const fs::path first = with_launch_file(folder_ / "a", "thermal", "x.launch.yaml");
  with_launch_file(folder_ / "b", "thermal", "x.launch.yaml");
  const fs::path second = with_launch_file(folder_ / "b", "thermal", "y.launch.yaml");
  setenv("TACTUS_PREFIX_PATH", ((folder_ / "a").string() + "::" + (folder_ / "b").string()).c_str(), 1);
  EXPECT_EQ(tactus::find_launch_file("thermal", "x.launch.yaml"), first);
  EXPECT_EQ(tactus::find_launch_file("thermal", "y.launch.yaml"), second);
}

TEST_F(InstallSpace, AWorkspaceIsOnePrefixOrOnePerPackage) {
  const fs::path merged = with_launch_file(folder_, "merged", "x.launch.yaml");
  const fs::path isolated = with_launch_file(folder_ / "isolated", "isolated", "x.launch.yaml");
  setenv("COLCON_PREFIX_PATH", folder_.c_str(), 1);
  EXPECT_EQ(tactus::find_launch_file("merged", "x.launch.yaml"), merged);
  EXPECT_EQ(tactus::find_launch_file("isolated", "x.launch.yaml"), isolated);
}

TEST_F(InstallSpace, WhatIsMissingIsSaidWithWhatIsThere) {
  with_launch_file(folder_, "thermal", "x.launch.yaml");
  setenv("TACTUS_PREFIX_PATH", folder_.c_str(), 1);
  EXPECT_THAT([] { (void)tactus::find_launch_file("thermla", "x.launch.yaml"); },
              ThrowsMessage<tactus::InstallSpaceError>(HasSubstr("did you mean 'thermal'?")));
  EXPECT_THAT([] { (void)tactus::find_launch_file("thermal", "z.launch.yaml"); },
              ThrowsMessage<tactus::InstallSpaceError>(
                  HasSubstr("no launch file 'z.launch.yaml'; it has x.launch.yaml")));
}

}  // namespace
