// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <thread>

#include "output/terminal.hpp"

namespace rtctl {

/// The live view of a launch. On a terminal what the processes print goes through a pipe, so that it scrolls
/// above the view, and a resized terminal is drawn anew. Otherwise nothing is drawn and nothing redirected.
/// One at a time per process.
class LaunchScreen {
 public:
  LaunchScreen();
  /// Prints what is left in the pipe and removes the view.
  ~LaunchScreen();
  LaunchScreen(const LaunchScreen&) = delete;
  LaunchScreen& operator=(const LaunchScreen&) = delete;

  /// Where processes should print; -1: where this one does.
  [[nodiscard]] int stdout_fd() const noexcept { return pipe_in_; }
  [[nodiscard]] int stderr_fd() const noexcept { return is_terminal(stderr) ? pipe_in_ : -1; }
  [[nodiscard]] LiveView& view() noexcept { return view_; }

 private:
  void pump();
  bool read_pipe();

  LiveView view_;
  int pipe_in_ = -1;
  int pipe_out_ = -1;
  int stop_ = -1;
  std::string partial_;  // a line whose end has not come yet
  std::thread pump_;
};

}  // namespace rtctl
