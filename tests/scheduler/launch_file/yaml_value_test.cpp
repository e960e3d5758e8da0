// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/yaml_value.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace tactus {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

Json parsed(const std::string& text) { return parse_yaml_value(text).value; }

std::string error_of(const std::string& text) {
  try {
    (void)parse_yaml_value(text);
    return "none";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(YamlValue, TakesJson) {
  EXPECT_EQ(parsed(R"({"a": [1, 2.5], "b": "x"})"), Json::parse(R"({"a": [1, 2.5], "b": "x"})"));
}

TEST(YamlValue, TakesWhatRos2TopicPubTakes) {
  EXPECT_EQ(
      parsed("{linear: {x: 2.0, y: -1}, name: left hand, used: true, list: [1, 2,], 'q': 'a, b'}"),
      Json::parse(
          R"({"linear": {"x": 2.0, "y": -1}, "name": "left hand", "used": true, "list": [1, 2], "q": "a, b"})"));
  EXPECT_EQ(parsed(" { } "), Json::object());
}

TEST(YamlValue, TakesWhatTopicEchoPrints) {
  EXPECT_EQ(
      parsed("header:\n  stamp:\n    sec: 3\nlist:\n- 1\n- x: 2\nname: '7'\nflag: yes\n---\nsecond: 1\n"),
      Json::parse(R"({"header": {"stamp": {"sec": 3}}, "list": [1, {"x": 2}], "name": "7", "flag": true})"));
}

TEST(YamlValue, KnowsNumbersAndTexts) {
  EXPECT_EQ(parsed("18446744073709551615"), Json(std::uint64_t{18446744073709551615U}));
  EXPECT_TRUE(std::isnan(parsed(".nan").get<double>()));
  EXPECT_EQ(parsed("-.inf"), Json(-INFINITY));
  EXPECT_EQ(parsed("0x10"), Json(16));
  EXPECT_EQ(parsed("n"), Json("n"));
  EXPECT_EQ(parsed("\"2\""), Json("2"));
  EXPECT_TRUE(parsed("").is_null());
}

TEST(YamlValue, KnowsWhereNamesAndItemsStand) {
  const YamlValue value = parse_yaml_value("linear:\n  x: 2\nlist: [1, 22]\n");
  EXPECT_EQ(value.positions.at("linear.x").line, 2);
  EXPECT_EQ(value.positions.at("linear.x").column, 3);
  EXPECT_EQ(value.positions.at("list[1]").line, 3);
  EXPECT_EQ(value.positions.at("list[1]").column, 11);
}

TEST(YamlValue, SaysWhereItIsWrong) {
  EXPECT_THAT(error_of("{a: 1"), StartsWith("1:1: "));
  EXPECT_THAT(error_of("a: 1\nb: 'x"), StartsWith("2:"));
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3"), "3:1: 'a' is given twice");
  EXPECT_EQ(error_of("{[1]: 2}"), "1:2: a name is expected before ':'");
  EXPECT_THAT(error_of(std::string(300, '[') + std::string(300, ']')), HasSubstr("nested too deeply"));
}

TEST(YamlValue, RefusesAliasesThatMultiply) {
  std::string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string one = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + one;
    for (int j = 0; j < 9; ++j) text += ", " + one;
    text += "]\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("too many values"));
}

}  // namespace
}  // namespace tactus
