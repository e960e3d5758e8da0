// SPDX-License-Identifier: Apache-2.0
#include "output/table.hpp"

#include <gtest/gtest.h>

namespace rtctl {
namespace {

TEST(Table, IsAsWideAsItsWidestCells) {
  Table table{{"TOPIC", ">RATE"}};
  table.add({"/a", "1.0 Hz"});
  table.add({"/longer/name", "200.0 Hz"});
  EXPECT_EQ(table.text(),
            "TOPIC             RATE\n"
            "/a              1.0 Hz\n"
            "/longer/name  200.0 Hz\n");
}

TEST(Table, FillsShortRowsAndEndsLinesWithoutBlanks) {
  Table table{{"A", "B"}};
  table.add({"x"});
  EXPECT_EQ(table.text(), "A  B\nx\n");
}

TEST(Units, FitTheNumber) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(8'300'000), "8.3 MB");
  EXPECT_EQ(duration_text(850), "850 ns");
  EXPECT_EQ(duration_text(12'340), "12.3 us");
  EXPECT_EQ(duration_text(2e9), "2.0 s");
  EXPECT_EQ(rate_text(0), "-");
  EXPECT_EQ(rate_text(199.84), "199.8 Hz");
}

}  // namespace
}  // namespace rtctl
