// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "launch_options.hpp"
#include "launch_record.hpp"

namespace rtctl {

using Sentences = std::vector<std::string>;

/// How a launch is told: on a terminal as a view that is drawn over itself, elsewhere as plain lines, with
/// --json as one object per line. Thread: one.
class LaunchOutput {
 public:
  virtual ~LaunchOutput() = default;
  /// Where the processes should print; -1: where this one does.
  [[nodiscard]] virtual int stdout_fd() const { return -1; }
  [[nodiscard]] virtual int stderr_fd() const { return -1; }

  virtual void started(const LaunchRecord& record) = 0;
  virtual void look(const LaunchRecord& record) = 0;
  /// What happened.
  virtual void say(const Sentences& sentences) = 0;
  /// The end of the watching: what stops prints below.
  virtual void stopping() {}
  /// `reasons` to fail; none when all is well.
  virtual void ended(const LaunchRecord& record, const Sentences& reasons) = 0;
};

[[nodiscard]] std::unique_ptr<LaunchOutput> make_launch_output(const LaunchOptions& options);

}  // namespace rtctl
