// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> some_names(const std::string& kind, const std::vector<std::string>& before) {
  if (kind == "TOPIC") return {"/imu", "/image", "/pose"};
  if (kind == "FILE") return {kCompleteFiles};
  if (kind == "NAME:=VALUE" && before == std::vector<std::string>{"a.yaml"}) return {"seed:=", "rate:="};
  return {};
}

class Completion : public testing::Test {
 protected:
  Completion() { add_commands(app_, run_); }
  std::vector<std::string> words(const std::vector<std::string>& typed) {
    return complete(app_, typed, some_names);
  }
  CLI::App app_{"", "rtctl"};
  rtctl::Run run_;
};

TEST_F(Completion, OffersNounsAndVerbs) {
  EXPECT_THAT(words({""}), Contains("topic"));
  EXPECT_THAT(words({"topic", "e"}), ElementsAre("echo"));
}

TEST_F(Completion, OffersNamesWhereATopicStands) {
  EXPECT_THAT(words({"topic", "echo", ""}), UnorderedElementsAre("/imu", "/image", "/pose"));
  EXPECT_THAT(words({"topic", "echo", "/im"}), UnorderedElementsAre("/imu", "/image"));
  EXPECT_THAT(words({"topic", "echo", "--count", "3", "/p"}), ElementsAre("/pose"));
}

TEST_F(Completion, OffersATopicOnceButManyWhereManyMayStand) {
  EXPECT_THAT(words({"topic", "echo", "/imu", ""}), IsEmpty());
  EXPECT_THAT(words({"topic", "hz", "/imu", "/p"}), ElementsAre("/pose"));
}

TEST_F(Completion, OffersOptionsAfterADash) {
  EXPECT_THAT(words({"topic", "echo", "--no"}), ElementsAre("--no-arr"));
  EXPECT_THAT(words({"topic", "echo", "/imu", "--"}), Contains("--once"));
}

TEST_F(Completion, OffersNoNamesForAnOptionsNumber) {
  EXPECT_THAT(words({"topic", "echo", "--count", ""}), IsEmpty());
}

TEST_F(Completion, KnowsTheFileBeforeItsArguments) {
  EXPECT_THAT(words({"launch", "a.yaml", "--duration", "3", "s"}), ElementsAre("seed:="));
  EXPECT_THAT(words({"launch", "b.yaml", "s"}), IsEmpty());
}

}  // namespace
}  // namespace rtctl
