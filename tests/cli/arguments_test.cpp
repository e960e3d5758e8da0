// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

using namespace std::chrono_literals;

TEST(Duration, HasUnits) {
  EXPECT_EQ(parse_duration("--duration", "10"), 10s);
  EXPECT_EQ(parse_duration("--duration", "1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("--duration", "20ms"), 20ms);
  EXPECT_EQ(parse_duration("--duration", "2min"), 120s);
}

TEST(Duration, NamesTheOptionWhenItIsWrong) {
  for (const char* wrong : {"", "s", "-1s", "ten", "10 parsecs", "nan", "1e30h"}) {
    try {
      (void)parse_duration("--timeout", wrong);
      ADD_FAILURE() << wrong;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), kUsage);
      EXPECT_THAT(failure.what(), testing::HasSubstr("--timeout"));
    }
  }
}

class WrongVerb : public testing::Test {
 protected:
  WrongVerb() { add_commands(app_, run_); }
  CLI::App app_{"", "rtctl"};
  rtctl::Run run_;
};

TEST_F(WrongVerb, IsNamedWithTheNearest) {
  EXPECT_EQ(wrong_verb(app_, {"tpoic", "list"}), "'rtctl tpoic' does not exist; did you mean 'topic'?");
  EXPECT_EQ(wrong_verb(app_, {"topic", "ehco"}), "'rtctl topic ehco' does not exist; did you mean 'echo'?");
}

TEST_F(WrongVerb, NeverSeesArguments) {
  EXPECT_EQ(wrong_verb(app_, {"topic", "echo", "/anything"}), "");
  EXPECT_EQ(wrong_verb(app_, {"--version"}), "");
  EXPECT_EQ(wrong_verb(app_, {}), "");
}

}  // namespace
}  // namespace rtctl
