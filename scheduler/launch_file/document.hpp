// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tactus/scheduler/launch_file.hpp"

/// A launch file as its author wrote it, with positions: nothing is resolved between its parts yet.
namespace tactus::launch_file {

template <typename T>
struct Located {
  T value{};
  Location at;
};

struct ExecutorEntry {
  HostExecutor executor;
  Location at;
  std::vector<Located<std::string>> order;  ///< names of nodes as written
  OnOverrun on_overrun = OnOverrun::kSkip;  ///< of its nodes that say nothing
  std::optional<Located<std::int64_t>> margin_ns;
};

/// What the file says about one input: `optional` is for the plan alone.
struct InputEntry {
  InputSettings settings;
  std::optional<bool> optional;
  Location stale_after_at;
  Location at;
};

struct NodeEntryText {
  std::string name;
  Location at;
  Located<std::string> use;
  Located<std::string> executor;
  bool has_executor = false;
  std::string name_space;
  Trigger trigger;
  std::optional<OnOverrun> on_overrun;
  int triggers = 0;
  std::vector<Located<std::string>> trigger_topics;
  std::int64_t deadline_ns = 0;
  std::int64_t budget_ns = 0;
  bool ends_launch = false;
  std::int64_t takes_ns = -1;
  std::optional<RestartSettings> restart;
  std::optional<std::int64_t> hang_after_ns;
  std::vector<Located<std::string>> start_after;  ///< nodes as written
  ThreadSettings thread;
  std::map<std::string, Located<ParameterValue>> parameters;
  std::map<std::string, std::string> parameter_texts;  ///< as written: 007 is a text where a text is declared
  std::map<std::string, Located<std::string>> remaps;
  std::map<std::string, InputEntry> inputs;
  std::map<std::string, Located<OutputSettings>> outputs;

  /// Where it says the topic of this port: its remap, else the node itself.
  [[nodiscard]] const Location& topic_location(const std::string& port) const {
    const auto remap = remaps.find(port);
    return remap == remaps.end() ? at : remap->second.at;
  }
};

struct ProcessEntry {
  std::string name;
  Location at;
  std::vector<Located<std::string>> members;
  std::optional<RestartSettings> restart;
  std::optional<std::int64_t> hang_after_ns;
  std::optional<std::int64_t> stop_within_ns;
  bool essential = false;
};

struct ChainEntry {
  std::string name;
  Location at;
  Located<std::string> first, last;
};

struct Document {
  std::string file;
  std::string group;
  RealtimeMode realtime = RealtimeMode::kPreferred;
  Location realtime_at;  ///< line 0: the file does not say
  double clock_rate = 0;
  bool simulated = false;
  Location clock_at;
  int cpus = 0;  ///< of the machine it is for; 0: of this one
  std::vector<LaunchArgument> args;
  std::vector<ExecutorEntry> executors;
  std::vector<NodeEntryText> nodes;
  std::vector<ProcessEntry> processes;
  std::vector<ChainEntry> chains;
  std::vector<Located<ExpectedRate>> expectations;
  std::optional<NetworkSettings> network;
  std::set<std::string> external;  ///< topics that other launches publish
};

/// Reads the file and its includes. Everything wrong is appended to `diagnostics`.
[[nodiscard]] Document read_document(const std::filesystem::path& file, const LaunchOptions& options,
                                     std::vector<Diagnostic>& diagnostics);

/// Checks the parts against each other and against what the nodes declare; without `describe` only the
/// former.
[[nodiscard]] std::optional<LaunchPlan> make_plan(const Document& document, const Describe* describe,
                                                  std::vector<Diagnostic>& diagnostics);

/// "xr.launch.yaml:9:42"; empty for what stands in no file.
[[nodiscard]] std::string text_of(const Location& at);

}  // namespace tactus::launch_file
