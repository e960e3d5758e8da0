// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;

TEST(TopicName, GoodOnes) {
  for (const char* name : {"/imu", "/camera/left/image", "/_x/Y9"})
    EXPECT_EQ(tactus::topic_name_error(name), "") << name;
}

TEST(TopicName, BadOnesAreRefusedNamingTheCharacter) {
  EXPECT_THAT(tactus::topic_name_error(""), HasSubstr("empty"));
  EXPECT_THAT(tactus::topic_name_error("imu"), HasSubstr("starts with '/'"));
  EXPECT_THAT(tactus::topic_name_error("/"), HasSubstr("empty part"));
  EXPECT_THAT(tactus::topic_name_error("/a//b"), HasSubstr("empty part"));
  EXPECT_THAT(tactus::topic_name_error("/../x"), HasSubstr("'.' is not allowed"));
  EXPECT_THAT(tactus::topic_name_error("/a b"), HasSubstr("' ' is not allowed"));
  EXPECT_THAT(tactus::topic_name_error("/a,b"), HasSubstr("','"));
  EXPECT_THAT(tactus::topic_name_error("/a\"b"), HasSubstr("'\"'"));
  EXPECT_THAT(tactus::topic_name_error("/a\nb"), HasSubstr("byte 0x0a"));
  EXPECT_THAT(tactus::topic_name_error(std::string_view{"/a\0b", 4}), HasSubstr("byte 0x00"));
  EXPECT_THAT(tactus::topic_name_error("/\xff"), HasSubstr("byte 0xff"));
  EXPECT_THAT(tactus::topic_name_error("/1st"), HasSubstr("digit"));
  EXPECT_THAT(tactus::topic_name_error("/" + std::string(100, 'x')), HasSubstr("101 bytes"));
}

TEST(Token, IsOnePartOfAName) {
  EXPECT_EQ(tactus::token_error("imu_integrator"), "");
  EXPECT_NE(tactus::token_error("a/b"), "");
  EXPECT_NE(tactus::token_error(std::string(61, 'x')), "");
  EXPECT_EQ(tactus::group_name_error(""), "");
}

TEST(ResolveTopic, FollowsRos2) {
  EXPECT_EQ(tactus::resolve_topic("imu", "/integrator", {}), "/imu");
  EXPECT_EQ(tactus::resolve_topic("imu", "/left/integrator", {}), "/left/imu");
  EXPECT_EQ(tactus::resolve_topic("~/debug", "/left/integrator", {}), "/left/integrator/debug");
  EXPECT_EQ(tactus::resolve_topic("/clock", "/left/integrator", {}), "/clock");
  EXPECT_EQ(tactus::resolve_topic("imu", "/integrator", {{"imu", "/imu0"}}), "/imu0");
  EXPECT_EQ(tactus::resolve_topic("imu", "/left/integrator", {{"imu", "raw"}}), "/left/raw");
}

TEST(Nearest, FindsTypingErrorsAndNothingElse) {
  EXPECT_EQ(tactus::nearest("haed", {"head", "display"}), "head");
  EXPECT_EQ(tactus::nearest("xyz", {"head", "display"}), "");
  EXPECT_EQ(tactus::did_you_mean("displai", {"head", "display"}), "; did you mean 'display'?");
}

}  // namespace
