// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "child_process.hpp"
#include "tactus/scheduler/host_settings.hpp"
#include "tactus/scheduler/network_settings.hpp"

namespace tactus {

/// The launch's way to other hosts. When it ends, because an address changed or something killed it, it is
/// started again: what happens on the network is no reason to stop a launch.
class GatewayProcess {
 public:
  static constexpr std::chrono::milliseconds kRestartAfter{500};

  /// `host`: one of the launch's, for its group and its chains.
  GatewayProcess(const NetworkSettings& settings, const HostSettings& host,
                 const std::filesystem::path& program, int stdout_fd, int stderr_fd);

  [[nodiscard]] const ChildProcess& child() const { return *child_; }
  [[nodiscard]] bool running() { return !child_->poll().has_value(); }
  /// Throws LaunchRefused with its reason when the settings are wrong, SupervisorError when it hangs or
  /// crashes.
  void wait_until_ready(std::chrono::milliseconds limit);
  /// Starts it again when that is due. What happened or what it says, one sentence; empty when nothing did.
  /// Does not block.
  std::string poll();
  /// SIGTERM, and SIGKILL after `limit`: it does nothing that others wait for.
  void stop(std::chrono::milliseconds limit);

 private:
  using Clock = std::chrono::steady_clock;
  void start();
  std::string news();

  ChildProcess::Options options_;
  std::optional<ChildProcess> child_;
  std::optional<Clock::time_point> restart_at_;
  std::string told_;  ///< why it did not start, said once
};

}  // namespace tactus
