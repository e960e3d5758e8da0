// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "hang_watch.hpp"
#include "tactus/middleware/pages.hpp"
#include "tactus/scheduler/host_settings.hpp"
#include "tactus/scheduler/simulated_host.hpp"
#include "tactus/scheduler/supervisor.hpp"

namespace tactus {

enum class ProcessState {
  kIdle,          ///< not started yet
  kConstructing,  ///< its nodes are being constructed, its memory touched
  kConstructed,   ///< waits for go()
  kStarting,      ///< its nodes start
  kRunning,
  kWaiting,  ///< ended, to be started again
  kEnded,    ///< ended, and may
  kGivenUp,  ///< failed, and is not started again
  kStopped   ///< somebody asked for it
};
[[nodiscard]] const char* to_text(ProcessState state) noexcept;

/// One process of the launch, through all its restarts. Thread: the supervisor's.
class HostProcess {
 public:
  /// One line that the process sent: {"what": "ready", "text": ..}.
  struct Report {
    std::string what;
    std::string text;
    std::uint32_t id = 0;  ///< of the command that it answers
    std::string said{};    ///< what it did, for people
  };
  struct NodeState {
    std::string name;
    std::string state;
    std::uint64_t faults = 0;
  };
  /// A call that has lasted longer than its node's hang_after.
  struct Hang {
    std::string node;
    NodePhase phase = NodePhase::kIdle;
    std::uint64_t cycle = 0;
    std::int64_t for_ns = 0;
    pid_t tid = 0;       ///< 0: not known
    std::string thread;  ///< its name
  };

  /// `options` outlive it.
  HostProcess(const HostSettings& settings, const SupervisorOptions& options);

  /// Creates the process: it constructs its nodes, the pages of an earlier one are forgotten. Throws
  /// std::system_error.
  void spawn(std::int64_t now_ns);
  /// All processes of the launch have constructed their nodes: it touches what they will use, and is
  /// constructed then. go() asks who was not asked before.
  void prefault();
  /// Its nodes may start.
  void go();
  /// One of its nodes runs another library now: so it will after a restart.
  void replace_library(const std::string& node, const std::string& library,
                       const std::map<std::string, ParameterValue>& parameters);
  /// Everything it sent since the last call; never blocks. Follows the state.
  std::vector<Report> read_reports();
  /// It has ended: reaps it. Empty while it runs, and once the end is known.
  std::optional<ExitStatus> new_end();
  /// What follows its end. `failed`: it was not to end.
  RestartPolicy::Decision ended(bool failed, std::int64_t now_ns);

  [[nodiscard]] const HostSettings& settings() const { return settings_; }
  [[nodiscard]] const std::string& name() const { return settings_.process; }
  [[nodiscard]] ProcessState state() const { return state_; }
  void set_state(ProcessState state) { state_ = state; }
  [[nodiscard]] bool alive() const;  ///< there is a process
  [[nodiscard]] ChildProcess& child() { return *child_; }
  [[nodiscard]] pid_t pid() const { return child_ ? child_->pid() : 0; }  ///< of the last one
  [[nodiscard]] const std::string& end() const { return end_; }           ///< how the last one ended
  [[nodiscard]] std::int64_t started_ns() const { return started_ns_; }   ///< of the last one
  [[nodiscard]] std::int64_t restart_at_ns() const { return restart_at_ns_; }
  [[nodiscard]] RestartPolicy& policy() { return policy_; }
  [[nodiscard]] std::uint32_t restarts() const { return policy_.restarts(); }
  /// What its nodes do, in file order; "starting" while there is no page.
  [[nodiscard]] std::vector<NodeState> nodes() const;
  [[nodiscard]] const std::vector<std::string>& denied() const { return denied_; }
  /// Of a launch on simulated time, once it has come to its end.
  [[nodiscard]] const std::optional<SimulationReport>& simulation() const { return simulation_; }

  /// Keeps the counters readable beyond the end of the process.
  void map(std::shared_ptr<const ProcessPage> page) { page_ = std::move(page); }
  [[nodiscard]] bool mapped() const { return page_ != nullptr; }
  /// " while node /tracker was in step() (cycle 71)" for every call that never returned.
  [[nodiscard]] std::string unfinished_calls() const;
  /// Names of nodes that faulted since the last call.
  std::vector<std::string> new_faults();
  /// The first node whose call lasts too long. To be asked often. `paused`: the process is stopped or traced.
  std::optional<Hang> hang(std::int64_t now_ns, bool paused);

 private:
  [[nodiscard]] const HostNode* find(const std::string& node) const;

  HostSettings settings_;
  const SupervisorOptions& options_;
  RestartPolicy policy_;
  bool prefaults_ = false;  ///< was asked to
  ProcessState state_ = ProcessState::kIdle;
  std::optional<ChildProcess> child_;
  std::string end_;
  std::int64_t started_ns_ = 0;
  std::int64_t restart_at_ns_ = 0;
  std::vector<std::string> denied_;
  std::optional<SimulationReport> simulation_;
  std::map<std::string, std::uint64_t> faults_;  ///< that were told
  std::map<std::string, HangWatch> watches_;
  std::shared_ptr<const ProcessPage> page_;  // shared with the client that mapped it
};

/// Stopped by a signal, or traced by a debugger.
[[nodiscard]] bool is_paused(pid_t pid);

}  // namespace tactus
