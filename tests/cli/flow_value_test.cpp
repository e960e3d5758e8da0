// SPDX-License-Identifier: Apache-2.0
#include "flow_value.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::json;

TEST(FlowValue, TakesJson) {
  EXPECT_EQ(parse_flow_value(R"({"a": [1, 2.5], "b": "x"})"), Json::parse(R"({"a": [1, 2.5], "b": "x"})"));
}

TEST(FlowValue, TakesWhatRos2TopicPubTakes) {
  EXPECT_EQ(
      parse_flow_value("{linear: {x: 2.0, y: -1}, name: left hand, used: true, list: [1, 2,], 'q': 'a, b'}"),
      Json::parse(
          R"({"linear": {"x": 2.0, "y": -1}, "name": "left hand", "used": true, "list": [1, 2], "q": "a, b"})"));
  EXPECT_EQ(parse_flow_value(" { } "), Json::object());
}

TEST(FlowValue, SaysWhereItIsWrong) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      (void)parse_flow_value(text);
      return "none";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), kUsage);
      return failure.what();
    }
  };
  EXPECT_EQ(error("{a: 1"), "value, column 6: expected ',' or '}', in {a: 1");
  EXPECT_EQ(error("{a}"), "value, column 3: expected 'name: value', in {a}");
  EXPECT_EQ(error("{a: 'x}"), "value, column 8: a quoted text does not end, in {a: 'x}");
  EXPECT_EQ(error("{a: \"x\\"), "value, column 8: a quoted text does not end, in {a: \"x\\");
  EXPECT_EQ(error("{a: 1} b"), "value, column 8: expected the end, in {a: 1} b");
  EXPECT_EQ(error("{a: }"), "value, column 5: expected a value, in {a: }");
  EXPECT_THAT(error(std::string(1000, '[') + "x"), testing::HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace rtctl
