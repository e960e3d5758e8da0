// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/host_settings.hpp"
#include "tactus/scheduler/network_settings.hpp"

/// A launch as a value: what a launch file says, checked, before anything starts.
namespace tactus {

/// Where in a launch file something was said. Lines and columns from 1.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

/// Something wrong, or worth knowing, in a launch file.
struct Diagnostic {
  Location location;
  std::string message;
};
/// "xr.launch.yaml:9:42: executor 'haed' is not declared"
[[nodiscard]] std::string to_text(const Diagnostic& diagnostic);
/// "xr.launch.yaml:9:42: warning: executor 'idle' calls no node and is not started"
[[nodiscard]] std::string warning_text(const Diagnostic& diagnostic);

struct PlannedNode {
  HostNode host;
  std::string process;
  Location location;
  NodeDescription description;
  [[nodiscard]] std::string topic_of(const PortDescription& port) const;  ///< full name
  [[nodiscard]] bool is_delayed(const PortDescription& input) const;
};

/// A rate that the launch is judged by: `expect: {/imu: 190Hz..210Hz}`.
struct ExpectedRate {
  std::string topic;
  double least_hz = 0;
  double most_hz = 0;
};

/// A chain and the nodes of its shortest way through the data flow.
struct PlannedChain {
  ChainSettings settings;
  std::vector<std::string> nodes;
};

struct LaunchPlan {
  std::string file;
  std::string group;
  RealtimeMode realtime = RealtimeMode::kPreferred;
  double clock_rate = 0;   ///< 0: the file does not say
  bool simulated = false;  ///< on virtual time: all nodes are in one process
  std::vector<HostSettings>
      processes;                   ///< in the order of start; settings of each hold its nodes in file order
  std::vector<PlannedNode> nodes;  ///< in file order
  std::vector<PlannedChain> chains;
  std::vector<ExpectedRate> expectations;
  std::optional<NetworkSettings> network;
  std::vector<Diagnostic> warnings;  ///< what starts all the same, but hardly as it is meant
  std::vector<std::string> notes;    ///< defaults that were taken and deserve a word
};

/// Finds out what nodes declare: describe_nodes() for real, a table in tests. One answer per request, in
/// order.
using Describe = std::function<std::vector<DescribeResult>(const std::vector<DescribeRequest>&)>;

/// "190Hz..210Hz", "/topic:190Hz..210Hz" without the topic. Throws std::invalid_argument.
[[nodiscard]] ExpectedRate parse_expected_rate(const std::string& topic, const std::string& range);

/// The same launch with some of its processes only: the rest runs on other hosts, or in another launch of the
/// same group. Throws std::invalid_argument for a name that is no process.
[[nodiscard]] LaunchPlan only_processes(LaunchPlan plan, const std::vector<std::string>& names);

/// How far apart the nodes run: all in one process, as the file says, or each in a process of its own.
enum class Isolation { kNone, kGroup, kNode };

/// The same launch, placed otherwise. Nothing else about it changes.
[[nodiscard]] LaunchPlan isolated(LaunchPlan plan, Isolation isolation);

/// The nodes of one executor in the order in which a pass calls them. They lie in `plan`.
[[nodiscard]] std::vector<const PlannedNode*> call_order_of(const LaunchPlan& plan,
                                                            const std::string& process,
                                                            const HostExecutor& executor);

/// What all processes of the plan will have at most: for Supervisor::start().
[[nodiscard]] Reservation demand_of(const LaunchPlan& plan);

/// What `rtctl launch --dry-run` prints: processes, executors, the order of calls, topics with their sizes.
[[nodiscard]] std::string describe_plan(const LaunchPlan& plan);

}  // namespace tactus
