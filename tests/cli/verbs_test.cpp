// SPDX-License-Identifier: Apache-2.0
#include "verbs.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "command.hpp"

namespace rtctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Verbs : public testing::Test {
 protected:
  Verbs() { add_commands(app_, run_); }
  std::string error_of(std::vector<std::string> words) {
    try {
      std::reverse(words.begin(), words.end());
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      return usage_error(app_, error);
    }
    return {};
  }
  CLI::App app_{"", "rtctl"};
  rtctl::Run run_;
};

TEST_F(Verbs, AreFoundByNameAndAlias) {
  EXPECT_THAT(verb_names(app_),
              ElementsAre("launch", "check", "sched", "top", "trace", "topic", "node", "host", "msg", "pkg",
                          "security", "log", "graph", "ps", "stop", "doctor"));
  EXPECT_EQ(find_verb(app_, "interface"), find_verb(app_, "msg"));
  EXPECT_EQ(find_verb(app_, "mgs"), nullptr);
}

TEST_F(Verbs, ThatDoNotExistAreNamedWithTheNearest) {
  EXPECT_THAT(wrong_verb(app_, {"tpoic", "list"}),
              StartsWith("'rtctl tpoic' does not exist; did you mean 'topic'?"));
  EXPECT_EQ(wrong_verb(app_, {"topic", "ehco"}),
            "'rtctl topic ehco' does not exist; did you mean 'echo'?\nSee 'rtctl topic --help'.");
}

TEST_F(Verbs, ThatAreNotGivenAreListed) {
  EXPECT_THAT(wrong_verb(app_, {}), StartsWith("'rtctl' needs one of launch, check,"));
  EXPECT_THAT(
      wrong_verb(app_, {"node"}),
      StartsWith(
          "'rtctl node' needs one of list, info, describe, stop, start, restart, pause, resume, reload\n"));
}

TEST_F(Verbs, DoNotCareForTheirArguments) {
  EXPECT_THAT(wrong_verb(app_, {"topic", "echo", "/anything", "--anything"}), IsEmpty());
  EXPECT_THAT(wrong_verb(app_, {"--help"}), IsEmpty());
}

TEST_F(Verbs, NameWrongArguments) {
  EXPECT_THAT(wrong_verb(app_, {"--hepl"}),
              HasSubstr("'--hepl' is no option of 'rtctl'; did you mean '--help'?"));
  EXPECT_THAT(error_of({"topic", "echo", "/x", "--cuont=3"}),
              HasSubstr("'--cuont' is no option of 'rtctl topic echo'; did you mean '--count'?"));
  EXPECT_THAT(error_of({"topic", "info", "/x", "/y"}), HasSubstr("'/y' is one argument too many"));
  EXPECT_THAT(error_of({"topic", "info"}), HasSubstr("TOPIC is missing: Name of the topic"));
  EXPECT_THAT(error_of({"topic", "echo", "/x", "--count", "three"}), HasSubstr("three"));
}

}  // namespace
}  // namespace rtctl
