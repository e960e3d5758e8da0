// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/middleware/names.hpp"
#include "tactus/node.hpp"
#include "tactus/scheduler/realtime.hpp"
#include "tactus/scheduler/restart.hpp"

/// What one host process runs, as plain values. Comes from a plan, travels to the process as JSON.
namespace tactus {

enum class TriggerKind { kEvery, kOn, kOnAll, kSelfLooping, kCoroutine };

/// What happens to ticks of `every:` that came while the node was late: they are skipped and counted, served
/// late one by one, or end the node.
enum class OnOverrun { kSkip, kCatchUp, kFault };

/// Who calls a node when.
struct Trigger {
  TriggerKind kind = TriggerKind::kSelfLooping;
  std::int64_t period_ns = 0;               ///< kEvery
  std::int64_t offset_ns = 0;               ///< kEvery
  std::vector<std::string> topics;          ///< kOn: one, kOnAll: two or more; full names
  std::int64_t tolerance_ns = 0;            ///< kOnAll
  OnOverrun on_overrun = OnOverrun::kSkip;  ///< kEvery

  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// A path through the data flow whose latency is measured: from the capture of the first topic's messages to
/// the publication of the last one's.
struct ChainSettings {
  std::string name;
  std::uint32_t origin_id = 0;  ///< never 0 in a plan
  std::string first;            ///< full topic names
  std::string last;

  friend bool operator==(const ChainSettings&, const ChainSettings&) = default;
};

/// What a launch file says about one input of a node.
struct InputSettings {
  std::uint32_t depth = 0;          ///< 0: as the node declares
  bool delayed = false;             ///< the order of calls does not follow it
  std::int64_t stale_after_ns = 0;  ///< 0: never

  friend bool operator==(const InputSettings&, const InputSettings&) = default;
};

/// What a launch file says about one output of a node.
struct OutputSettings {
  std::size_t max_bytes = 0;    ///< 0: as the node declares
  int history = -1;             ///< -1: as the node declares
  std::uint32_t max_loans = 0;  ///< 0: as the node declares

  friend bool operator==(const OutputSettings&, const OutputSettings&) = default;
};

/// What a launch file says about one node's declarations.
struct NodeSettings {
  std::string name;  ///< full name, "/tracker"
  Remaps remaps;
  std::map<std::string, ParameterValue> parameters;
  std::map<std::string, InputSettings> inputs{};    ///< by the name that the node declares
  std::map<std::string, OutputSettings> outputs{};  ///< by the name that the node declares

  friend bool operator==(const NodeSettings&, const NodeSettings&) = default;
};

inline constexpr std::int64_t kHangAfterNs = 2'000'000'000;   ///< unless the launch file says otherwise
inline constexpr std::int64_t kStopWithinNs = 2'000'000'000;  ///< unless the launch file says otherwise

struct HostNode {
  NodeSettings settings;
  std::string library;   ///< path of the shared object
  std::string executor;  ///< name of an executor of the same process; unused for self-looping nodes
  Trigger trigger;
  std::int64_t deadline_ns = 0;  ///< from release to the end of step(); 0: none
  std::int64_t budget_ns = 0;    ///< longest run time of one step(); 0: none
  ThreadSettings thread;         ///< self-looping nodes
  std::int64_t takes_ns = -1;    ///< self-looping nodes: a round, on virtual time; -1: the file does not say
  bool ends_launch = false;      ///< the launch is over when it has ended
  std::string at{};              ///< where the launch file declares it
  RestartSettings restart;       ///< after it threw
  std::int64_t hang_after_ns = kHangAfterNs;  ///< longest call before its process is ended; 0: never
  std::vector<std::string> start_after{};     ///< full names: it starts once these have started

  friend bool operator==(const HostNode&, const HostNode&) = default;
};

/// A thread that calls nodes.
struct HostExecutor {
  std::string name;
  ThreadSettings thread;
  std::int64_t spin_ns = 0;          ///< busy waiting before it blocks
  std::vector<std::string> order{};  ///< full names of all its nodes as they are called; empty: data flow
  std::int64_t margin_ns = 0;        ///< it wakes that much before a tick and spins to it; fifo and rr
  std::string at{};                  ///< where the launch file declares it, "xr.launch.yaml:9:3"

  friend bool operator==(const HostExecutor&, const HostExecutor&) = default;
};

/// How a process is watched and stopped.
struct ProcessSupervision {
  RestartSettings restart;
  bool essential = false;                       ///< when it is given up, everything stops
  std::int64_t stop_within_ns = kStopWithinNs;  ///< from SIGTERM to stop-check-kill

  friend bool operator==(const ProcessSupervision&, const ProcessSupervision&) = default;
};

enum class RealtimeMode { kOff, kPreferred, kRequired };

struct HostSettings {
  std::string process;    ///< name of the process in the launch file
  std::string program{};  ///< path of the program that is its only node; empty: tactus-host
  std::string group;
  RealtimeMode realtime = RealtimeMode::kPreferred;
  bool simulated = false;             ///< on virtual time: the only process of its launch
  std::int64_t run_for_ns = 0;        ///< virtual time after which a simulated launch ends; 0: no limit
  std::string realtime_at{};          ///< where the launch file says so
  double clock_rate = 0;              ///< of the group's clock, set by the supervisor; 0: as it runs
  std::vector<ChainSettings> chains;  ///< all of the launch, at most kMaxChains
  ProcessSupervision supervision;
  std::string log_file{};  ///< to which it appends what its nodes log; empty: none
  std::vector<HostExecutor> executors;
  std::vector<HostNode> nodes;  ///< in file order: the order of start; they stop in reverse

  friend bool operator==(const HostSettings&, const HostSettings&) = default;
};

[[nodiscard]] std::string to_json_text(const HostSettings& settings);
/// Throws std::invalid_argument when the text is not what to_json_text writes.
[[nodiscard]] HostSettings host_settings_from_json(std::string_view text);

}  // namespace tactus
