// SPDX-License-Identifier: Apache-2.0
#include "package_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace rtctl {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

const TemplateValues kValues{{"NAME", "hand_tracker"},
                             {"CLASS", "HandTracker"},
                             {"MAINTAINER", "Ada"},
                             {"EMAIL", "ada@example.com"},
                             {"LICENSE", "MIT"}};

class WritePackage : public testing::Test {
 protected:
  ~WritePackage() override { fs::remove_all(folder_); }
  std::string text_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream{folder_ / file}.rdbuf();
    return text.str();
  }
  fs::path folder_ = fs::temp_directory_path() / ("package_" + std::to_string(getpid()));
};

TEST_F(WritePackage, NamesTheFilesAfterThePackage) {
  const auto files = write_package(folder_, kValues);
  for (const char* file :
       {"CMakeLists.txt", "package.xml", "README.md", ".gitignore", ".clang-format", "msg/Reading.msg",
        "src/hand_tracker.hpp", "src/hand_tracker.cpp", "test/hand_tracker_test.cpp",
        "launch/hand_tracker.launch.yaml", "scripts/install-hooks", "scripts/hooks/pre-commit"}) {
    EXPECT_THAT(files, Contains(fs::path{file}));
    EXPECT_TRUE(fs::is_regular_file(folder_ / file)) << file;
  }
}

TEST_F(WritePackage, LeavesNoPlaceholder) {
  for (const auto& file : write_package(folder_, kValues)) {
    for (const auto& [key, value] : kValues)
      EXPECT_THAT(text_of(file), Not(HasSubstr("@" + key + "@"))) << file;
  }
  EXPECT_THAT(text_of("package.xml"), HasSubstr(R"(<maintainer email="ada@example.com">Ada</maintainer>)"));
  EXPECT_THAT(text_of("src/hand_tracker.cpp"), HasSubstr("TACTUS_NODE(HandTracker)"));
}

TEST_F(WritePackage, MakesItsScriptsExecutable) {
  write_package(folder_, kValues);
  EXPECT_EQ(access((folder_ / "scripts/hooks/pre-commit").c_str(), X_OK), 0);
  EXPECT_NE(access((folder_ / "README.md").c_str(), X_OK), 0);
}

TEST_F(WritePackage, TouchesNothingThatIsThereAlready) {
  fs::create_directories(folder_);
  std::ofstream{folder_ / "mine.txt"} << "mine";
  EXPECT_THAT([&] { write_package(folder_, kValues); },
              ThrowsMessage<std::runtime_error>(HasSubstr("exists already and is not empty")));
  EXPECT_FALSE(fs::exists(folder_ / "CMakeLists.txt"));
}

TEST(ClassName, IsTheWordsOfThePackage) {
  EXPECT_EQ(class_name("hand_tracker"), "HandTracker");
  EXPECT_EQ(class_name("slam2_front_end"), "Slam2FrontEnd");
}

TEST(PackageName, FollowsTheRulesOfRos) {
  for (const char* good : {"ab", "hand_tracker", "slam2"}) EXPECT_EQ(package_name_error(good), "") << good;
  for (const char* bad :
       {"", "a", "Hand", "2d", "hand-tracker", "hand__tracker", "hand_", "../up", "hand tracker"})
    EXPECT_NE(package_name_error(bad), "") << bad;
}

}  // namespace
}  // namespace rtctl
