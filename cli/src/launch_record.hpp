// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tactus/scheduler/plan.hpp"
#include "tactus/scheduler/supervisor.hpp"

namespace rtctl {

/// What a launch did, from its snapshots. Keeps the last that was known of what has ended. Pure: no clock, no
/// terminal.
class LaunchRecord {
 public:
  void add(const tactus::LaunchStatus& status);

  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }
  /// Which processes were started.
  [[nodiscard]] std::string start_text() const;
  /// Topics with their present rates, nodes with their counters: for the live view.
  [[nodiscard]] std::string live_text() const;
  /// The same with rates over the whole run.
  [[nodiscard]] std::string summary_text() const;
  /// All of it: {elapsed_s, clock_rate, processes, nodes, topics, degradations}.
  [[nodiscard]] nlohmann::ordered_json json() const;

  /// Messages per second from the topic's first message to its newest.
  [[nodiscard]] double mean_rate(const std::string& topic) const;

  /// One sentence for each expectation that did not hold: another rate, per second of the group's clock, or
  /// silence at the end although a node that publishes the topic still runs.
  [[nodiscard]] std::vector<std::string> missed(const std::vector<tactus::ExpectedRate>& expectations) const;
  /// True when the node has stopped, whatever the reason.
  [[nodiscard]] bool ended(const std::string& node) const;
  /// True when a launch on simulated time has come to its end.
  [[nodiscard]] bool simulation_ended() const noexcept { return !simulation_end_.empty(); }
  /// One sentence for each process that was given up, and each node that is faulted at the end.
  [[nodiscard]] std::vector<std::string> failures() const;

 private:
  struct TopicRecord {
    tactus::TopicStatus last;
    std::chrono::nanoseconds grew{0};  ///< the first snapshot with as many messages as the last
  };
  static constexpr double kSilenceSeconds = 1.5;
  /// How long there has been nothing new at the end; 0 when that is no wonder.
  [[nodiscard]] double silence(const tactus::ExpectedRate& expected) const;
  [[nodiscard]] std::string text(bool whole_run) const;

  std::chrono::nanoseconds elapsed_{0};
  double clock_rate_ = 1;
  std::string simulation_end_;
  std::chrono::nanoseconds simulation_real_{0};
  std::map<std::string, TopicRecord> topics_;
  std::map<std::string, tactus::NodeStatus> nodes_;
  std::vector<tactus::ProcessStatus> processes_;
  std::vector<std::string> degradations_;
};

}  // namespace rtctl
