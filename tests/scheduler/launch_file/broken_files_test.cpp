// SPDX-License-Identifier: Apache-2.0
// Each broken/NAME.launch.yaml breaks one rule; NAME.expected holds exactly what is said about it.
// TACTUS_REWRITE_EXPECTED=1 writes the expected texts anew: read the difference before keeping it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fake_nodes.hpp"

namespace tactus {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path{TACTUS_TEST_FOLDER} / "broken";

std::string contents(const fs::path& file) {
  std::ifstream stream{file};
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::vector<std::string> broken_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{kFolder}) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".launch.yaml")) names.push_back(name.substr(0, name.size() - 12));
  }
  std::ranges::sort(names);
  return names;
}

class BrokenFile : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_EQ(chdir(kFolder.c_str()), 0); }

  std::string said() {
    const auto loaded = load_launch_file(GetParam() + ".launch.yaml", {}, testing::describe_fake_nodes);
    EXPECT_FALSE(loaded.plan) << "a broken file became a plan";
    std::string text;
    for (const auto& diagnostic : loaded.diagnostics) text += to_text(diagnostic) + "\n";
    // What differs between machines.
    replace_all(text, nodes_.path().string(), "NODES");
    replace_all(text, kFolder.string(), "HERE");
    replace_all(text, fs::read_symlink("/proc/self/exe").parent_path().parent_path().string(), "BUILD");
    replace_all(text, "from 0 to " + std::to_string(sysconf(_SC_NPROCESSORS_CONF) - 1) + "\n",
                "from 0 to LAST\n");
    return text;
  }

  testing::NodeFolder nodes_;
};

TEST_P(BrokenFile, IsRefusedWithExactlyThisText) {
  const std::string text = said();
  const fs::path expected = kFolder / (GetParam() + ".expected");
  if (std::getenv("TACTUS_REWRITE_EXPECTED") != nullptr) std::ofstream{expected} << text;
  EXPECT_EQ(text, contents(expected));
}

INSTANTIATE_TEST_SUITE_P(Corpus, BrokenFile, ::testing::ValuesIn(broken_files()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace tactus
