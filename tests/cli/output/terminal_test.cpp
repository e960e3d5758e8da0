// SPDX-License-Identifier: Apache-2.0
#include "output/terminal.hpp"

#include <gmock/gmock.h>

namespace rtctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EraseLines, GoesUpOneRowPerLine) { EXPECT_EQ(erase_lines({10, 0, 80}, {24, 80}), "\x1b[3F\x1b[J"); }

TEST(EraseLines, GoesUpFurtherWhereTheTerminalWrapsLinesAnew) {
  EXPECT_EQ(erase_lines({10, 0, 81}, {24, 40}), "\x1b[5F\x1b[J");
}

TEST(EraseLines, LeavesWhatScrolledOutOfSight) {
  EXPECT_EQ(erase_lines({1, 1, 1, 1, 1}, {4, 80}), "\x1b[3F\x1b[J");
}

TEST(LinesThatFit, AreAllWhereThereIsRoom) {
  EXPECT_THAT(lines_that_fit("a\n\nb\n", {4, 80}), ElementsAre("a", "", "b"));
  EXPECT_THAT(lines_that_fit("", {4, 80}), IsEmpty());
}

TEST(LinesThatFit, SayHowManyDoNot) {
  EXPECT_THAT(lines_that_fit("a\nb\nc\nd\n", {4, 80}),
              ElementsAre("a", "b", "... 2 more lines: make the terminal higher"));
  EXPECT_THAT(lines_that_fit("a\nb\n", {1, 80}), IsEmpty());
}

TEST(EraseLines, OfNothingIsNothing) { EXPECT_EQ(erase_lines({}, {24, 80}), ""); }

}  // namespace
}  // namespace rtctl
