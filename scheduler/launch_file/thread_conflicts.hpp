// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tactus/scheduler/plan.hpp"

/// Threads of a launch that get into each other's way by where they run. Values in, values out.
namespace tactus::launch_file {

/// An executor or a self-looping node.
struct PlannedThread {
  std::string what;  ///< "executor 'head'"
  Location at;
  std::string host;  ///< threads of different hosts share no CPU
  ThreadSettings thread;
  bool spins = false;
  std::set<std::string> waits_for{};  ///< topics that call its nodes
  std::set<std::string> publishes{};  ///< topics of its nodes
};

struct ThreadFindings {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
};

/// `cpus`: how many each host has.
[[nodiscard]] ThreadFindings find_thread_conflicts(const std::vector<PlannedThread>& threads, int cpus);

}  // namespace tactus::launch_file
