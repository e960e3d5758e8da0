// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/host_settings.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tactus {
namespace {

HostSettings example() {
  HostSettings settings;
  settings.process = "vision";
  settings.group = "lab";
  settings.realtime = RealtimeMode::kRequired;
  settings.chains.push_back({"motion", 7, "/imu", "/frame"});
  HostExecutor head;
  head.name = "head";
  head.thread = {ThreadPolicy::kFifo, 80, {1, 3}};
  head.spin_ns = 50'000;
  head.order = {"/left/tracker"};
  settings.executors.push_back(head);
  HostNode node;
  node.settings.name = "/left/tracker";
  node.settings.remaps = {{"image", "/camera/left"}};
  node.settings.parameters = {
      {"whole", std::int64_t{9}}, {"real", 9.0}, {"on", true}, {"text", std::string{"9"}}};
  node.settings.inputs = {{"image", {2, true, 30'000'000}}};
  node.settings.outputs = {{"tracks", {65'536, 3, 4}}};
  node.library = "/opt/libtracker.so";
  node.executor = "head";
  node.trigger = {TriggerKind::kOnAll, 0, 0, {"/camera/left", "/camera/right"}, 2'000'000, OnOverrun::kFault};
  node.deadline_ns = 8'000'000;
  node.budget_ns = 3'000'000;
  settings.nodes.push_back(node);
  return settings;
}

TEST(HostSettings, SurvivesTheWayToTheProcess) {
  EXPECT_EQ(host_settings_from_json(to_json_text(example())), example());
}

TEST(HostSettings, AMalformedPlanIsAnError) {
  EXPECT_THROW(static_cast<void>(host_settings_from_json("{")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(host_settings_from_json("{}")), std::invalid_argument);
}

}  // namespace
}  // namespace tactus
