// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/metric.hpp"
#include "tactus/scheduler/host_settings.hpp"
#include "tactus/scheduler/network_settings.hpp"

namespace tactus {

/// Something could not be started. The text says what, why and what to do.
class SupervisorError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The host has no room for the launch, or something of it is taken: nothing was started.
class LaunchRefused : public SupervisorError {
 public:
  using SupervisorError::SupervisorError;
};

/// SupervisorOptions::interrupt_fd became readable while the launch started.
class StartInterrupted : public SupervisorError {
 public:
  using SupervisorError::SupervisorError;
};

struct NodeStatus {
  std::string name;
  std::string process;
  std::string state;       ///< "starting", "running", "faulted", "stopped", "dead"
  std::uint64_t runs = 0;  ///< finished calls of step()
  std::chrono::nanoseconds run_time_mean{0};
  std::chrono::nanoseconds run_time_max{0};
  std::uint64_t deadline_misses = 0;
  std::uint64_t skipped = 0;  ///< releases of `every:` that came while the node was late
  std::uint64_t faults = 0;
  std::uint64_t budget_overruns = 0;   ///< calls that ran longer than `budget:`
  std::uint64_t stale_inputs = 0;      ///< times that an input became older than its `stale_after:`
  std::vector<MetricSummary> metrics;  ///< what the node measures, and the chains that end in it
};

struct TopicStatus {
  std::string name;
  std::string type;
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  std::uint64_t messages = 0;   ///< published so far
  double rate_hz = 0;           ///< since the previous snapshot; over the whole run in the first one
  std::uint64_t dropped = 0;    ///< at the subscribers and refused loans
  std::uint64_t unmatched = 0;  ///< at the subscribers: no partner for `on_all`
  double mean_rate_hz = 0;      ///< from the first message to the newest, on the group's clock
  std::string digest{};         ///< on simulated time: of all messages, in hex; see SimulatedTopic
  bool finished = false;        ///< every node that publishes it has returned from its run()
  /// Age of the messages, from capture until a subscriber took them; 0 while none was taken.
  std::chrono::nanoseconds age_mean{0};
  std::chrono::nanoseconds age_max{0};
};

struct ProcessStatus {
  std::string name;
  int pid = 0;
  bool running = false;
  std::string end;             ///< "exited with 0", "was killed by SIGKILL"; empty while it runs
  std::string state;           ///< "starting", "running", "paused", "waiting" (to be started again), "ended",
                               ///< "given up", "stopped"
  bool failed = false;         ///< given up
  std::uint32_t restarts = 0;  ///< after it ended unasked
  std::chrono::nanoseconds uptime{0};
};

/// What a launch is doing right now: plain values.
struct LaunchStatus {
  std::chrono::nanoseconds elapsed{0};
  double clock_rate = 1;  ///< seconds of the group's clock per second
  /// A launch on simulated time has come to its end: why. `elapsed` is virtual then, and the topics are
  /// known.
  std::string simulation_end{};
  std::chrono::nanoseconds simulation_real{0};  ///< how long it took
  std::vector<ProcessStatus> processes;
  std::vector<NodeStatus> nodes;
  std::vector<TopicStatus> topics;
  std::vector<std::string> degradations;  ///< what was asked of the machine and not granted
};

struct SupervisorOptions {
  std::string launch_name{};               ///< what `rtctl ps` calls it
  std::string launch_file{};               ///< its path
  std::string log_file{};                  ///< where the logs of its nodes can be read; empty: nowhere
  std::filesystem::path host_program;      ///< empty: tactus-host beside this program
  std::optional<NetworkSettings> network;  ///< with it, tactus-gateway beside the host program runs too
  std::chrono::milliseconds start_limit{10'000};  ///< until every node has started
  int stdout_fd = -1;                             ///< where the processes print; -1: where this one does
  int stderr_fd = -1;
  int interrupt_fd = -1;  ///< readable: start() gives up, with StartInterrupted
  /// The process with this name is for a debugger: `hold` is called with its id before it has read what it
  /// shall do, and returns once the debugger holds it. start_limit does not count then.
  std::string debugged{};
  std::function<void(int pid)> hold{};
};

/// Starts the processes of one launch in the declared order, watches them, starts those that fail again by
/// their policy, and stops them in reverse order of start. Owns only what it started. Thread: one, which must
/// outlive the launch (its end terminates the processes).
class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options = {});
  /// Stops what still runs.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Connects to the broker (starting it where needed) and starts every process. All ports of all processes
  /// exist before the first node starts; returns once all nodes have started. Blocks up to start_limit.
  /// Throws SupervisorError after stopping what it had started. Once. All processes are of one group and of
  /// one clock rate. `demand` is set aside before anything starts: LaunchRefused when there is no room for
  /// it.
  void start(const std::vector<HostSettings>& processes, const Reservation& demand = {});

  /// Waits at most `limit` for something to happen (a process ends, a node faults or hangs, the broker says
  /// something or ends, `wake_fd` is readable) and handles it. To be called again and again: restarts happen
  /// in it. When the broker ends, all processes are restarted with a
  /// new one before it returns, which takes up to 2 s and start_limit. Returns what happened, one sentence
  /// each; empty when nothing did.
  std::vector<std::string> poll(std::chrono::milliseconds limit, int wake_fd = -1);

  /// False when an essential process was given up, nothing of the launch is left, or the restart with a new
  /// broker failed: time to call stop().
  [[nodiscard]] bool healthy() const;

  /// Somebody asked it to stop (`rtctl stop`): time to call stop().
  [[nodiscard]] bool stop_asked() const;

  /// Counters and states now. Asks the broker; disturbs no node. Without nodes and topics when the broker has
  /// just ended.
  [[nodiscard]] LaunchStatus status();

  /// SIGTERM in reverse order of start, the declared time each, then stop-check-kill through the broker.
  /// Blocks until everything is gone. Returns what did not end cleanly, one sentence each. Idempotent.
  std::vector<std::string> stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tactus
