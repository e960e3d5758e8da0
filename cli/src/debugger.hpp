// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tactus/scheduler/plan.hpp"

namespace rtctl {

/// Moves a node of the plan into a process of its own, with a copy of its executor, unless it has one. Throws
/// Failure{kUsage} when the plan has no such node.
const tactus::PlannedNode& give_own_process(tactus::LaunchPlan& plan, std::string_view node);

/// gdb on this terminal with a node's process in its hold. Ctrl-C is gdb's from then on.
class Debugger {
 public:
  /// As give_own_process.
  Debugger(tactus::LaunchPlan& plan, std::string_view node);
  /// Ends gdb, which lets the process go.
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  [[nodiscard]] const std::string& process() const noexcept { return process_; }
  /// Blocks until gdb holds the process with this id, which stands still then. Throws Failure when it cannot.
  void hold(pid_t pid);
  /// True once gdb held a process and ended.
  [[nodiscard]] bool ended();

 private:
  std::string process_;
  std::string advice_;
  pid_t gdb_ = -1;
  bool ended_ = false;
};

}  // namespace rtctl
