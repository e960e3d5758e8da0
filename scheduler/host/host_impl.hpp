// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "executor.hpp"
#include "hosted_nodes.hpp"
#include "prefault.hpp"
#include "tactus/scheduler/host.hpp"

namespace tactus {

class Host::Impl {
 public:
  Impl(HostSettings settings, HostServices services)
      : settings_{std::move(settings)}, services_{std::move(services)}, nodes_{settings_, services_} {}

  // host.cpp
  std::vector<std::string> construct();
  std::vector<std::string> prefault();
  void start();
  bool stop(std::chrono::milliseconds limit);
  [[nodiscard]] std::vector<std::string> hanging() const;
  [[nodiscard]] std::size_t count(NodeState state) const;
  [[nodiscard]] std::uint64_t lost_wakes() const;

  // host_commands.cpp
  std::string command(const std::string& node, const std::string& what, std::chrono::milliseconds limit);
  Reload reload(const std::string& node, const std::filesystem::path& library,
                const std::map<std::string, ParameterValue>& parameters, std::chrono::milliseconds limit);
  std::string set_log_level(const std::string& node, const std::string& level);

 private:
  /// A thread and the position of its first node in the file.
  struct Thread {
    std::size_t first;
    std::string what;  ///< where the launch file declares it, and its name
    std::unique_ptr<Worker> worker;
  };

  void construct_node(const HostNode& node);
  void construct_loop(const HostNode& node);
  [[nodiscard]] NodeSeat seat_of(const HostNode& node, const HostServices::Bell& bell,
                                 const HostServices::WorkerPlace& worker) const;
  void add_executor(const HostExecutor& executor);
  std::vector<std::string> start_threads();
  [[nodiscard]] std::vector<std::vector<const Thread*>> start_waves() const;
  [[nodiscard]] bool waits_for(const Thread& later, const Thread& earlier) const;
  void touch_loans();
  [[nodiscard]] std::string process_text() const;
  std::vector<std::string> settle(std::vector<std::string> denied) const;
  [[nodiscard]] bool wants_realtime() const;
  [[nodiscard]] ThreadSettings allowed(ThreadSettings thread) const;

  [[nodiscard]] bool exchange(NodeRunner& runner, Successor& next, std::chrono::milliseconds limit);
  [[nodiscard]] std::vector<int> thread_ids() const;

  HostSettings settings_;
  HostServices services_;
  std::map<std::string, HostServices::Bell> bells_;           ///< per executor
  std::map<std::string, HostServices::WorkerPlace> workers_;  ///< per executor
  HostedNodes nodes_;
  std::vector<Thread> threads_;
  std::vector<TouchedLoans> loans_;  ///< until the start
  CpuLatency cpu_latency_;
};

}  // namespace tactus
