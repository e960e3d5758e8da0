// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tactus {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

int input_file(const std::string& text) {
  const int fd = memfd_create("tactus-input", MFD_CLOEXEC);
  if (fd < 0) fail("memfd_create");
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("write of the plan");
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, int input, int output, bool errors_too, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  if (output >= 0) dup2(output, STDOUT_FILENO);
  if (output >= 0 && errors_too) dup2(output, STDERR_FILENO);
  // dup2 onto itself would keep the close-on-exec flag.
  if (input == ChildProcess::kInputFd) fcntl(input, F_SETFD, 0);
  else dup2(input, ChildProcess::kInputFd);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execv(arguments[0], arguments);
  _exit(127);
}

ExitStatus read_status(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
  return {.code = 0, .signal = info.si_status};
}

}  // namespace

std::string to_text(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exited with {}", status.code);
  const char* name = sigabbrev_np(status.signal);
  return fmt::format("was killed by SIG{}", name != nullptr ? name : std::to_string(status.signal));
}

ChildProcess::ChildProcess(const Options& options) {
  if (access(options.arguments.at(0).c_str(), X_OK) != 0) fail(options.arguments[0]);
  std::vector<char*> arguments;
  for (const auto& argument : options.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int pipe_fds[2] = {-1, -1};
  if (options.capture_output && pipe2(pipe_fds, O_CLOEXEC) != 0) fail("pipe");
  const int input = input_file(options.input);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(arguments.data(), input, pipe_fds[1], options.capture_errors, parent);
  const int error = errno;
  ::close(input);
  if (pipe_fds[1] >= 0) ::close(pipe_fds[1]);
  output_fd_ = pipe_fds[0];
  if (pid_ < 0) {
    if (output_fd_ >= 0) ::close(output_fd_);
    errno = error;
    fail("fork");
  }
  setpgid(pid_, pid_);  // both sides set it: no window without the group
  pid_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      pid_fd_{std::exchange(other.pid_fd_, -1)},
      output_fd_{std::exchange(other.output_fd_, -1)},
      ended_{other.ended_} {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !poll()) {
    signal(SIGKILL);
    wait(std::chrono::seconds{5});
  }
  if (pid_fd_ >= 0) ::close(pid_fd_);
  if (output_fd_ >= 0) ::close(output_fd_);
}

void ChildProcess::signal(int number) const {
  if (!ended_ && pid_ > 0) ::kill(pid_, number);
}

std::optional<ExitStatus> ChildProcess::poll() {
  if (ended_ || pid_ <= 0) return ended_;
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid_) {
    ended_ = read_status(info);
  }
  return ended_;
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!poll()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waiter{.fd = pid_fd_, .events = POLLIN, .revents = 0};
    ::poll(&waiter, 1, static_cast<int>(left.count()));
  }
  return ended_;
}

}  // namespace tactus
