// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "fake_nodes.hpp"

namespace tactus {
namespace {

class GoodFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(chdir((std::filesystem::path{TACTUS_TEST_FOLDER} / "good").c_str()), 0); }

  static LaunchPlan load(const std::string& file, const std::map<std::string, std::string>& args = {}) {
    auto loaded = load_launch_file(file, {args, {}}, testing::describe_fake_nodes);
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_text(diagnostic);
    return std::move(loaded.plan).value();
  }

  testing::NodeFolder nodes_;
};

TEST_F(GoodFile, BecomesTheHostsOfItsProcesses) {
  const auto plan = load("stereo.launch.yaml");
  ASSERT_EQ(plan.processes.size(), 2U);
  EXPECT_EQ(plan.group, "lab");
  EXPECT_EQ(plan.processes[0].process, "main");
  EXPECT_EQ(plan.processes[0].nodes[0].settings.name, "/camera");
  EXPECT_EQ(plan.processes[1].process, "vision");
  ASSERT_EQ(plan.processes[1].executors.size(), 1U);
  const HostExecutor& head = plan.processes[1].executors[0];
  EXPECT_EQ(head.thread.policy, ThreadPolicy::kFifo);
  EXPECT_EQ(head.thread.priority, 80);
  EXPECT_EQ(head.spin_ns, 50'000);
  const HostNode& stereo = plan.processes[1].nodes[0];
  EXPECT_EQ(stereo.trigger, (Trigger{TriggerKind::kOnAll, 0, 0, {"/left", "/right"}, 1'000'000}));
  EXPECT_EQ(stereo.deadline_ns, 8'000'000);
}

TEST_F(GoodFile, GivesAProgramAProcessAndAThreadOfItsOwnInEveryPlacement) {
  for (const Isolation isolation : {Isolation::kGroup, Isolation::kNone, Isolation::kNode}) {
    const auto plan = isolated(load("program.launch.yaml"), isolation);
    ASSERT_EQ(plan.processes.size(), isolation == Isolation::kNode ? 3U : 2U);
    const auto filter = std::ranges::find(plan.processes, "filter", &HostSettings::process);
    ASSERT_NE(filter, plan.processes.end());
    EXPECT_EQ(std::filesystem::path{filter->program}.filename(), "runfilter");
    ASSERT_EQ(filter->nodes.size(), 1U);
    EXPECT_EQ(filter->nodes[0].restart.when, RestartWhen::kNever);
    EXPECT_EQ(filter->nodes[0].trigger.topics, std::vector<std::string>{"/left"});
    ASSERT_EQ(filter->executors.size(), 1U);
    EXPECT_EQ(filter->executors[0].name, filter->nodes[0].executor);
    for (const auto& process : plan.processes)
      EXPECT_EQ(process.program.empty(), process.process != "filter");
  }
}

TEST_F(GoodFile, SaysHowItsTopicsReachOtherHosts) {
  const auto plan = load("network.launch.yaml");
  NetworkSettings expected{7,          "eth0", {"10.0.0.2"}, false, {"/left", "/camera/*"},
                           {"/right"}, "iron", {},           {},    true};
  expected.priorities = {{"/left", 9}, {"/camera/*", 0}, {"/right", TopicPriority::kKeep}};
  expected.security = "keys";
  EXPECT_EQ(plan.network, expected);
  const std::string text = describe_plan(plan);
  EXPECT_NE(text.find("/left has priority 9, /camera/* has priority 0, /right is kept"), std::string::npos)
      << text;
  EXPECT_NE(text.find("network: domain 7 on eth0, exports /left, /camera/*"), std::string::npos) << text;
  EXPECT_NE(text.find(", datagrams for a network without loss"), std::string::npos) << text;
}

TEST_F(GoodFile, IsInTheDomainOfTheEnvironmentWhenItNamesNone) {
  setenv("ROS_DOMAIN_ID", "42", 1);
  const auto plan = load("network_default.launch.yaml");
  unsetenv("ROS_DOMAIN_ID");
  ASSERT_TRUE(plan.network);
  EXPECT_EQ(plan.network->domain, 42U);
  EXPECT_TRUE(plan.network->multicast);
}

TEST_F(GoodFile, CanBeStartedInPartOnEachHost) {
  const auto whole = load("network.launch.yaml");
  const auto vision = only_processes(whole, {"vision"});
  ASSERT_EQ(vision.processes.size(), 1U);
  EXPECT_EQ(vision.processes[0], whole.processes[1]);
  ASSERT_EQ(vision.nodes.size(), 1U);
  EXPECT_EQ(vision.nodes[0].host.settings.name, "/stereo");
  EXPECT_EQ(vision.expectations.size(), 2U) << "it reads /left and publishes /depth";
  EXPECT_EQ(only_processes(whole, {"main"}).expectations.size(), 1U) << "/depth is nothing of main's";
  EXPECT_EQ(only_processes(whole, {"main", "vision"}).processes, whole.processes);
}

TEST_F(GoodFile, HasNoPartOfAnUnknownName) {
  const auto whole = load("network.launch.yaml");
  try {
    (void)only_processes(whole, {"visoin"});
    FAIL() << "accepted";
  } catch (const std::invalid_argument& problem) {
    EXPECT_STREQ(problem.what(), "'visoin' is no process of network.launch.yaml; did you mean 'vision'?");
  }
}

TEST_F(GoodFile, SurvivesTheWayToItsHost) {
  for (const auto* file : {"stereo.launch.yaml", "chain.launch.yaml", "ports.launch.yaml"}) {
    for (const auto& host : load(file).processes)
      EXPECT_EQ(host_settings_from_json(to_json_text(host)), host);
  }
}

TEST_F(GoodFile, WhatItSaysOfInputsAndOutputsCountsInThePlan) {
  const auto plan = load("ports.launch.yaml");
  const PortDescription& left = plan.nodes[0].description.ports[0];
  EXPECT_EQ(left.history, 3U);
  EXPECT_EQ(left.max_loans, 4U);
  EXPECT_EQ(left.max_bytes, 512U);
  EXPECT_EQ(plan.nodes[0].host.settings.outputs.at("left"), (OutputSettings{512, 3, 4}));
  EXPECT_EQ(plan.nodes[1].description.ports[0].depth, 2U);
  EXPECT_EQ(plan.nodes[1].host.settings.inputs.at("in"), (InputSettings{2, false, 30'000'000}));
  EXPECT_TRUE(plan.nodes[5].description.ports[0].optional);
  const Reservation demand = demand_of(plan);
  EXPECT_EQ(demand.publishers[0].options.history, 3U);
  EXPECT_EQ(demand.publishers[0].options.max_loans, 4U);
}

TEST_F(GoodFile, WhatItSaysOfTimesCountsInThePlan) {
  const auto plan = load("ports.launch.yaml");
  EXPECT_EQ(plan.nodes[0].host.trigger.on_overrun, OnOverrun::kCatchUp);
  EXPECT_EQ(plan.nodes[0].host.budget_ns, 2'000'000);
}

TEST_F(GoodFile, AGivenOrderAndADelayedInputDecideWhoIsCalledFirst) {
  const auto plan = load("ports.launch.yaml");
  const std::string text = describe_plan(plan);
  EXPECT_LT(text.find("1. /late"), text.find("2. /early")) << text;
  EXPECT_NE(text.find("by order: /late reads /a from /early one pass later"), std::string::npos) << text;
  EXPECT_LT(text.find("/first (Filter"), text.find("/second (Filter")) << text;
  EXPECT_NE(text.find("delayed: /first reads /second from /second one pass later"), std::string::npos)
      << text;
}

TEST_F(GoodFile, AnOrderAgainstTheDataFlowIsSaidWhereItStands) {
  const auto plan = load("ports.launch.yaml");
  ASSERT_EQ(plan.warnings.size(), 1U) << "a delayed input is meant to be";
  const std::string text = warning_text(plan.warnings[0]);
  EXPECT_EQ(
      text,
      "ports.launch.yaml:2:18: warning: order of executor 'head': /late is called before /early, whose /a "
      "it reads: it sees each message one pass later; put /late after /early, or, where that is meant, say "
      "so at /late: inputs: {in: {delayed: true}}");
  EXPECT_NE(describe_plan(plan).find(text), std::string::npos) << describe_plan(plan);
}

TEST_F(GoodFile, AnOrderMayAgreeWithTheDataFlowOrMeanItsDelays) {
  EXPECT_TRUE(load("orders.launch.yaml").warnings.empty());
}

TEST_F(GoodFile, AnIncludedFileTakesArgumentsOfItsOwn) {
  const auto plan = load("two_cameras.launch.yaml");
  ASSERT_EQ(plan.nodes.size(), 3U);
  const auto parameter = [&](std::size_t node, const char* name) {
    return plan.nodes[node].host.settings.parameters.at(name);
  };
  EXPECT_EQ(plan.nodes[0].host.settings.name, "/left/camera");
  EXPECT_EQ(parameter(0, "rate"), ParameterValue{50.0});
  EXPECT_EQ(plan.nodes[1].host.settings.name, "/right/camera");
  EXPECT_EQ(parameter(1, "serial"), ParameterValue{"right"});
  EXPECT_EQ(parameter(1, "rate"), ParameterValue{90.0});
}

TEST_F(GoodFile, AChainIsKnownToEveryProcessAndShownWithItsWay) {
  const auto plan = load("chain.launch.yaml");
  ASSERT_EQ(plan.chains.size(), 1U);
  EXPECT_NE(plan.chains[0].settings.origin_id, 0U);
  for (const auto& host : plan.processes)
    EXPECT_EQ(host.chains, std::vector{plan.chains[0].settings}) << host.process;
  const std::string text = describe_plan(plan);
  EXPECT_NE(text.find("chain motion: /left -> /once -> /twice -> /twice"), std::string::npos) << text;
}

TEST_F(GoodFile, AChainThatANodeAsksForInVainIsSaid) {
  const auto plan = load("chain.launch.yaml");
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_EQ(
      plan.warnings[0].message,
      "/probe asks for the chain 'motoin', which chains: does not declare; did you mean 'motion'?: it sees "
      "no origins");
}

TEST_F(GoodFile, ANodeThatTheLaunchEndsWithIsMarked) {
  const auto plan = load("recording.launch.yaml");
  EXPECT_TRUE(plan.nodes[0].host.ends_launch);
  EXPECT_FALSE(plan.nodes[1].host.ends_launch);
  EXPECT_NE(describe_plan(plan).find("/player (Looper), the launch ends with it"), std::string::npos);
}

TEST_F(GoodFile, OnSimulatedTimeAllNodesAreInOneProcess) {
  const auto plan = load("simulated.launch.yaml");
  EXPECT_TRUE(plan.simulated);
  ASSERT_EQ(plan.processes.size(), 1U);
  const HostSettings& process = plan.processes[0];
  EXPECT_TRUE(process.simulated);
  EXPECT_EQ(process.realtime, RealtimeMode::kOff);
  ASSERT_EQ(process.nodes.size(), 3U);
  EXPECT_EQ(process.nodes[0].takes_ns, 30'000'000);
  EXPECT_TRUE(process.nodes[0].ends_launch);
  EXPECT_TRUE(demand_of(plan).publishers.empty());
  EXPECT_THROW(only_processes(plan, {"loops"}), std::invalid_argument);
  EXPECT_EQ(host_settings_from_json(to_json_text(process)), process);
}

TEST_F(GoodFile, ACoroutineNeedsNoTrigger) {
  const auto plan = load("simulated.launch.yaml");
  EXPECT_EQ(plan.nodes[2].host.trigger.kind, TriggerKind::kCoroutine);
  EXPECT_EQ(plan.nodes[2].host.executor, "main");
  EXPECT_NE(describe_plan(plan).find("waits itself"), std::string::npos);
}

TEST_F(GoodFile, ArgumentsReplaceDefaults) {
  const auto rate = [&](const LaunchPlan& plan) {
    return std::get<double>(plan.nodes[0].host.settings.parameters.at("rate"));
  };
  EXPECT_EQ(rate(load("stereo.launch.yaml")), 60);
  EXPECT_EQ(rate(load("stereo.launch.yaml", {{"rate", "90"}})), 90);
}

TEST_F(GoodFile, ATextStaysAsItIsWrittenEvenWhenItLooksLikeANumber) {
  const auto serial = [&](const std::string& text) {
    return std::get<std::string>(
        load("stereo.launch.yaml", {{"serial", text}}).nodes[0].host.settings.parameters.at("serial"));
  };
  EXPECT_EQ(serial("007"), "007");
  EXPECT_EQ(serial("1.50"), "1.50");
  EXPECT_EQ(serial("true"), "true");
}

TEST_F(GoodFile, AnUnknownArgumentIsRefusedWithTheNearest) {
  const auto loaded =
      load_launch_file("stereo.launch.yaml", {{{"rat", "90"}}, {}}, testing::describe_fake_nodes);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(
      to_text(loaded.diagnostics[0]),
      "stereo.launch.yaml:1:1: there is no argument 'rat'; did you mean 'rate'? (declared: rate, serial)");
}

TEST_F(GoodFile, TheDefaultSizeOfAnUnboundedOutputIsSaid) {
  const auto plan = load("stereo.launch.yaml");
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_NE(plan.notes[0].find("/stereo: output 'depth'"), std::string::npos) << plan.notes[0];
}

TEST_F(GoodFile, DryRunShowsParametersAndWhereACycleIsCut) {
  const std::string text = describe_plan(load("cycle.launch.yaml"));
  EXPECT_NE(text.find("rate = 60"), std::string::npos) << text;
  EXPECT_NE(text.find("cycle cut: /first reads /b from /second one pass later"), std::string::npos) << text;
}

TEST_F(GoodFile, AnExecutorThatNobodyUsesIsSaid) {
  const auto plan = load("cycle.launch.yaml");
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_EQ(warning_text(plan.warnings[0]),
            "cycle.launch.yaml:2:3: warning: executor 'idle' calls no node and is not started");
}

}  // namespace
}  // namespace tactus
