// SPDX-License-Identifier: Apache-2.0
#include "run_arguments.hpp"

#include <gmock/gmock.h>

namespace tactus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

NodeDescription integrator() {
  NodeDescription node;
  node.class_name = "ImuIntegrator";
  node.has_step = true;
  PortDescription imu, pose;
  imu.name = "imu";
  pose.name = "pose";
  pose.direction = PortDirection::kOutput;
  node.ports = {imu, pose};
  node.parameters = {{"gravity", 9.81, {.min = 9.7, .max = 9.9, .unit = "m/s^2"}},
                     {"mode", std::string{"rk4"}, {}},
                     {"fast", false, {}}};
  return node;
}

HostSettings settings(std::vector<std::string> assignments, const std::string& every = "5ms",
                      const std::string& on = "") {
  return settings_for_run({"integrator", std::move(assignments), every, on, "", "lab"},
                          "/opt/libimu_integrator.so", integrator());
}

TEST(ParsePeriod, KnowsUnitsAndRates) {
  EXPECT_EQ(parse_period("5ms"), 5'000'000);
  EXPECT_EQ(parse_period("200us"), 200'000);
  EXPECT_EQ(parse_period("1.5s"), 1'500'000'000);
  EXPECT_EQ(parse_period("90Hz"), 11'111'111);
}

TEST(ParsePeriod, RefusesEverythingElse) {
  for (const char* text : {"", "5", "ms", "-5ms", "0ms", "0Hz", "5 ms", "5msx", "nan ms", "1e9s"}) {
    EXPECT_THROW(static_cast<void>(parse_period(text)), std::invalid_argument) << text;
  }
}

TEST(SettingsForRun, ANameIsAParameterWhereDeclaredElseAPort) {
  const HostNode node = settings({"imu:=/imu", "gravity:=9.8", "mode:=7", "fast:=true"}).nodes.at(0);
  EXPECT_EQ(node.settings.name, "/imu_integrator");
  EXPECT_THAT(node.settings.remaps, ElementsAre(testing::Pair("imu", "/imu")));
  EXPECT_EQ(node.settings.parameters.at("gravity"), ParameterValue{9.8});
  EXPECT_EQ(node.settings.parameters.at("mode"), ParameterValue{std::string{"7"}});
  EXPECT_EQ(node.settings.parameters.at("fast"), ParameterValue{true});
}

TEST(SettingsForRun, AnUnknownNameListsWhatExists) {
  EXPECT_THAT(
      [] { static_cast<void>(settings({"gravty:=1"})); },
      ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("did you mean 'gravity'"), HasSubstr("imu, pose"),
                                                 HasSubstr("gravity, mode, fast"))));
}

TEST(SettingsForRun, ChecksValuesAndTopics) {
  EXPECT_THROW(static_cast<void>(settings({"gravity:=12"})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(settings({"fast:=maybe"})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(settings({"imu:=/a b"})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(settings({"imu"})), std::invalid_argument);
}

TEST(SettingsForRun, OnTakesTheInputOrItsTopic) {
  for (const char* on : {"imu", "/head/imu"}) {
    const Trigger trigger = settings({"imu:=/head/imu"}, "", on).nodes.at(0).trigger;
    EXPECT_EQ(trigger.kind, TriggerKind::kOn);
    EXPECT_THAT(trigger.topics, ElementsAre("/head/imu"));
  }
  EXPECT_THROW(static_cast<void>(settings({}, "", "pose")), std::invalid_argument)
      << "an output calls nobody";
}

TEST(SettingsForRun, ANodeWithOnlyStepMustBeToldWhen) {
  EXPECT_THAT([] { static_cast<void>(settings({}, "", "")); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("--every")));
}

}  // namespace
}  // namespace tactus
