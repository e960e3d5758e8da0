// SPDX-License-Identifier: Apache-2.0
#include "debugger.hpp"

#include <gmock/gmock.h>

#include "command.hpp"

namespace rtctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

tactus::HostNode node(const std::string& name, const std::string& executor) {
  tactus::HostNode node;
  node.settings.name = name;
  node.executor = executor;
  return node;
}

// Two nodes of two executors in `main`, one alone in `vision`.
tactus::LaunchPlan plan() {
  tactus::LaunchPlan plan;
  plan.file = "xr.launch.yaml";
  plan.processes.resize(2);
  plan.processes[0].process = "main";
  plan.processes[0].group = "left";
  plan.processes[0].executors = {{"head", {}, 50}, {"display", {}, 0}};
  plan.processes[0].nodes = {node("/integrator", "head"), node("/reprojection", "display")};
  plan.processes[1].process = "vision";
  plan.processes[1].nodes = {node("/tracker", "")};
  for (const tactus::HostSettings& process : plan.processes) {
    for (const tactus::HostNode& one : process.nodes) plan.nodes.push_back({one, process.process, {}, {}});
  }
  return plan;
}

std::vector<std::string> names(const tactus::HostSettings& process) {
  std::vector<std::string> names;
  for (const tactus::HostNode& node : process.nodes) names.push_back(node.settings.name);
  return names;
}

TEST(GiveOwnProcess, MovesTheNodeWithItsExecutor) {
  tactus::LaunchPlan moved = plan();
  EXPECT_EQ(give_own_process(moved, "integrator").process, "debug/integrator");
  ASSERT_EQ(moved.processes.size(), 3U);
  EXPECT_THAT(names(moved.processes[0]), ElementsAre("/reprojection"));
  const tactus::HostSettings& own = moved.processes[2];
  EXPECT_EQ(own.process, "debug/integrator");
  EXPECT_EQ(own.group, "left");
  EXPECT_THAT(names(own), ElementsAre("/integrator"));
  ASSERT_EQ(own.executors.size(), 1U);
  EXPECT_EQ(own.executors[0].spin_ns, 50);
}

TEST(GiveOwnProcess, LeavesANodeThatIsAlone) {
  tactus::LaunchPlan same = plan();
  EXPECT_EQ(give_own_process(same, "/tracker").process, "vision");
  EXPECT_EQ(same.processes, plan().processes);
}

TEST(GiveOwnProcess, NamesTheNearestNode) {
  tactus::LaunchPlan same = plan();
  try {
    give_own_process(same, "/traker");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("did you mean '/tracker'?"));
    EXPECT_EQ(failure.code(), kUsage);
  }
}

}  // namespace
}  // namespace rtctl
