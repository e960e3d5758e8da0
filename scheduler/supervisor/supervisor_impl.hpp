// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control_server.hpp"
#include "gateway_process.hpp"
#include "host_process.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/supervisor.hpp"

namespace tactus {

class Supervisor::Impl {
 public:
  using Clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  explicit Impl(SupervisorOptions options) : options_{std::move(options)} {
    if (options_.host_program.empty()) options_.host_program = host_program();
  }

  void start(const std::vector<HostSettings>& processes, const Reservation& demand);
  std::vector<std::string> poll(milliseconds limit, int wake_fd);
  [[nodiscard]] bool healthy() const;
  LaunchStatus status();
  std::vector<std::string> stop();
  [[nodiscard]] bool stop_asked() const { return stop_asked_; }

 private:
  using Sentences = std::vector<std::string>;

  void start_generation();
  void reserve();
  void start_processes();
  void construct(HostProcess& process, bool debugged);
  void expect_constructed(Clock::time_point deadline);  ///< all that are on their way
  void expect_constructed(HostProcess& process, Clock::time_point deadline);
  void start_in_order(Clock::time_point deadline);
  [[nodiscard]] bool may_start(const HostProcess& process) const;
  void map_pages();
  void renew_generation(Sentences& events);
  [[nodiscard]] bool too_many_generations();
  void end_processes(Sentences& events);

  [[nodiscard]] milliseconds until_next_look() const;
  void wait_for_event(milliseconds limit, int wake_fd);
  void look(Sentences& events);
  void attend(HostProcess& process, Sentences& events);
  [[nodiscard]] bool lost_broker(const ExitStatus& end) const;
  void read_reports(HostProcess& process, Sentences& events);
  void handle_end(HostProcess& process, Sentences& events);
  void restart(HostProcess& process, Sentences& events);
  void check_start_limit(HostProcess& process, Sentences& events);
  void look_for_hangs(HostProcess& process, Sentences& events);
  void kill_outside_calls(ChildProcess& child);
  std::string describe_end(HostProcess& process);
  void stop_process(HostProcess& process, Sentences& unclean);

  void serve(Sentences& events);
  nlohmann::json obey(std::uint32_t client, const std::string& request, Sentences& events);
  [[nodiscard]] nlohmann::json describe_launch() const;
  nlohmann::json command_node(std::uint32_t client, const nlohmann::json& request, Sentences& events);
  nlohmann::json command_process(HostProcess& process, const std::string& what, Sentences& events);
  void answer_commands(HostProcess& process, const HostProcess::Report& report, Sentences& events);
  void follow_reload(HostProcess& process, const nlohmann::json& request, const HostProcess::Report& report,
                     Sentences& events);
  void drop_commands(const HostProcess& process);

  SupervisorOptions options_;
  std::vector<HostSettings> settings_;
  Reservation demand_;
  std::unique_ptr<BrokerClient> broker_;
  std::list<HostProcess> processes_;
  std::vector<HostProcess*> started_order_;
  std::optional<GatewayProcess> gateway_;
  std::optional<ControlServer> control_;
  /// A command that a process has been told and has not answered.
  struct Command {
    const HostProcess* process;
    std::uint32_t id;
    std::uint32_t client;
    std::string request;
  };
  std::vector<Command> commands_;
  std::uint32_t next_command_ = 1;
  std::vector<Clock::time_point> generation_ends_;
  std::string failure_;  ///< why everything has to stop
  std::set<pid_t> paused_;
  Clock::time_point started_;
  std::optional<Clock::time_point> last_status_;
  std::map<std::string, std::uint64_t> messages_before_;
  Sentences early_;  ///< what happened while it started
  bool broker_gone_ = false;
  bool stopped_ = false;
  bool stop_asked_ = false;
};

/// How long until then, never negative.
[[nodiscard]] inline std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  return std::max(milliseconds{0},
                  std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()));
}

[[nodiscard]] inline bool readable(int fd, std::chrono::milliseconds limit = {}) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && ::poll(&polled, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace tactus
