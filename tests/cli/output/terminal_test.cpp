// SPDX-License-Identifier: Apache-2.0
#include "output/terminal.hpp"

#include <gtest/gtest.h>

namespace rtctl {
namespace {

TEST(EraseLines, GoesUpOneRowPerLine) { EXPECT_EQ(erase_lines({10, 0, 80}, {24, 80}), "\x1b[3F\x1b[J"); }

TEST(EraseLines, GoesUpFurtherWhereTheTerminalWrapsLinesAnew) {
  EXPECT_EQ(erase_lines({10, 0, 81}, {24, 40}), "\x1b[5F\x1b[J");
}

TEST(EraseLines, LeavesWhatScrolledOutOfSight) {
  EXPECT_EQ(erase_lines({1, 1, 1, 1, 1}, {4, 80}), "\x1b[3F\x1b[J");
}

TEST(EraseLines, OfNothingIsNothing) { EXPECT_EQ(erase_lines({}, {24, 80}), ""); }

}  // namespace
}  // namespace rtctl
