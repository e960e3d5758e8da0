// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <gmock/gmock.h>

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

TEST(Duration, IsSaidWithAUnit) {
  EXPECT_EQ(with_unit("10"), "10 s");
  EXPECT_EQ(with_unit("0.5"), "0.5 s");
  EXPECT_EQ(with_unit("500ms"), "500ms");
}

}  // namespace
}  // namespace rtctl
