// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tactus {

/// How a child ended.
struct ExitStatus {
  int code = 0;    ///< exit code, meaningful when signal == 0
  int signal = 0;  ///< what killed it, 0 for a normal exit
  [[nodiscard]] bool clean() const { return code == 0 && signal == 0; }
};

/// "exited with 3", "was killed by SIGSEGV".
[[nodiscard]] std::string to_text(const ExitStatus& status);

/// One child process in its own process group. It receives SIGTERM when the thread that spawned it
/// ends. Thread: the owner's. The destructor kills a child that still runs and reaps it.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;  ///< [0] is the path of the program
    bool capture_output = false;         ///< stdout becomes readable from output_fd()
    bool control = false;                ///< a stream socket between control_fd() and the child's kControlFd
    int stdout_fd = -1;                  ///< what the child prints goes there; -1: where ours goes
    int stderr_fd = -1;
    bool traceable =
        false;  ///< any process of the user may trace it, where the kernel would refuse that (Yama)
  };
  static constexpr int kControlFd = 3;

  /// Throws std::system_error when the program cannot be started.
  explicit ChildProcess(const Options& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pid_fd() const { return pid_fd_; }          ///< readable once the child has ended
  [[nodiscard]] int output_fd() const { return output_fd_; }    ///< -1 without capture_output
  [[nodiscard]] int control_fd() const { return control_fd_; }  ///< -1 without control
  /// Sends to the child's control socket; false when it is gone. May block while the child does not read.
  bool send(const std::string& text) const;
  /// The next line that the child sent; empty when there is none within `limit`, or ever, or when `wake_fd`
  /// becomes readable first.
  std::optional<std::string> read_line(std::chrono::milliseconds limit, int wake_fd = -1);
  [[nodiscard]] bool closed() const { return closed_; }  ///< the control socket: no line will come
  void signal(int number) const;                         ///< no effect after the end
  /// Reaps the child when it has ended; never blocks. The same answer afterwards.
  std::optional<ExitStatus> poll();
  /// Waits for the end, at most `limit`.
  std::optional<ExitStatus> wait(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int output_fd_ = -1;
  int control_fd_ = -1;
  std::string received_;
  bool closed_ = false;
  std::optional<ExitStatus> ended_;
};

}  // namespace tactus
