// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

nlohmann::ordered_json message(const char* text) { return nlohmann::ordered_json::parse(text); }

TEST(Csv, ListsAllValuesInTheOrderOfTheFields) {
  const auto imu =
      message(R"({"header": {"stamp": {"sec": 3, "nanosec": 4}, "frame_id": "imu"}, "cov": [1.5, null]})");
  EXPECT_EQ(csv_line(imu), "3,4,imu,1.5,nan\n");
  EXPECT_EQ(csv_header(imu, ""), "header.stamp.sec,header.stamp.nanosec,header.frame_id,cov[0],cov[1]\n");
}

TEST(Csv, QuotesWhatWouldBreakALine) {
  EXPECT_EQ(csv_line(message(R"({"a": "x,y", "b": "say \"hi\"", "c": "two\nlines"})")),
            "\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\"\n");
}

TEST(Csv, NamesASingleField) {
  EXPECT_EQ(csv_header(message("2.5"), "pose.position.x"), "pose.position.x\n");
  EXPECT_EQ(csv_header(message(R"({"x": 1})"), "pose.position"), "pose.position.x\n");
}

TEST(Csv, OfAnEmptyMessageIsAnEmptyLine) { EXPECT_EQ(csv_line(message("{}")), "\n"); }

}  // namespace
}  // namespace rtctl
