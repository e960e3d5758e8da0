// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tactus/scheduler/launch_control.hpp"

/// The launches of this host, as they describe themselves.
namespace rtctl {

struct RunningProcess {
  std::string name;
  std::string state;
  std::string end;  ///< how the last one ended; empty while it runs
  int pid = 0;      ///< 0: it does not run
  std::uint64_t restarts = 0;
  double uptime_s = 0;
};

struct RunningNode {
  std::string name;
  std::string process;
  std::string state;
  std::uint64_t faults = 0;
};

struct RunningLaunch {
  std::string name;
  std::string file;
  std::string log;  ///< empty: none is kept
  std::string group;
  int pid = 0;
  double uptime_s = 0;
  std::vector<RunningProcess> processes;
  std::vector<RunningNode> nodes;
  std::shared_ptr<tactus::LaunchControl> control;  ///< shared: launches are copied in lists
};

/// Throws Failure: nothing is running, or what runs was started by no launch.
[[nodiscard]] std::vector<RunningLaunch> running_launches();

/// The launch that a word means: its name, or its pid. Throws Failure naming those that run.
[[nodiscard]] RunningLaunch& find_launch(std::vector<RunningLaunch>& launches, const std::string& word);

/// The launch of a node, and the node. Throws Failure: which is near, or whose it is.
struct FoundNode {
  RunningLaunch* launch;
  const RunningNode* node;
};
[[nodiscard]] FoundNode find_node(std::vector<RunningLaunch>& launches, const std::string& name,
                                  const std::string& group);

/// The answer, JSON; most need no more than a yes. Throws Failure.
std::string ask(RunningLaunch& launch, const std::string& request);

}  // namespace rtctl
