// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tactus {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

/// Two connected ends; both -1 when not wanted.
struct Ends {
  int ours = -1;
  int theirs = -1;
};

Ends make_pipe(bool wanted) {
  int fds[2] = {-1, -1};
  if (wanted && pipe2(fds, O_CLOEXEC) != 0) fail("pipe");
  return {fds[0], fds[1]};
}

Ends make_socket(bool wanted) {
  int fds[2] = {-1, -1};
  if (wanted && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) fail("socketpair");
  return {fds[0], fds[1]};
}

void close_if_open(int fd) {
  if (fd >= 0) ::close(fd);
}

// Between fork and exec: async-signal-safe calls only. dup2 clears the close-on-exec flag.
[[noreturn]] void become(char* const* arguments, const ChildProcess::Options& options, int output,
                         int control, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  // Where the kernel lets parents trace only: what the parent starts to look at a thread's stack, too.
  prctl(PR_SET_PTRACER, options.traceable ? PR_SET_PTRACER_ANY : static_cast<unsigned long>(parent));
  if (output < 0) output = options.stdout_fd;
  if (output >= 0) dup2(output, STDOUT_FILENO);
  if (options.stderr_fd >= 0) dup2(options.stderr_fd, STDERR_FILENO);
  if (control == ChildProcess::kControlFd)
    fcntl(control, F_SETFD, 0);
  else if (control >= 0)
    dup2(control, ChildProcess::kControlFd);
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
  const Ends output = make_pipe(options.capture_output);
  const Ends control = make_socket(options.control);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(arguments.data(), options, output.theirs, control.theirs, parent);
  const int error = errno;
  for (const int fd : {output.theirs, control.theirs}) close_if_open(fd);
  output_fd_ = output.ours;
  control_fd_ = control.ours;
  if (pid_ < 0) {
    for (const int fd : {output_fd_, control_fd_}) close_if_open(fd);
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
      control_fd_{std::exchange(other.control_fd_, -1)},
      received_{std::move(other.received_)},
      closed_{other.closed_},
      ended_{other.ended_} {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !poll()) {
    signal(SIGKILL);
    wait(std::chrono::seconds{5});
  }
  for (const int fd : {pid_fd_, output_fd_, control_fd_}) close_if_open(fd);
}

bool ChildProcess::send(const std::string& text) const {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t size = ::send(control_fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  return true;
}

std::optional<std::string> ChildProcess::read_line(std::chrono::milliseconds limit, int wake_fd) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    std::array<pollfd, 2> fds{{{.fd = control_fd_, .events = POLLIN, .revents = 0},
                               {.fd = wake_fd, .events = POLLIN, .revents = 0}}};
    const int ready =
        ::poll(fds.data(), fds.size(), static_cast<int>(std::max(left.count(), std::int64_t{0})));
    if (closed_ || ready == 0 || fds[1].revents != 0) return std::nullopt;
    if (ready < 0) continue;  // a signal
    std::array<char, 4096> text;
    const ssize_t size = ::read(control_fd_, text.data(), text.size());
    closed_ = size <= 0;
    if (!closed_) received_.append(text.data(), static_cast<std::size_t>(size));
  }
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
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waiter{.fd = pid_fd_, .events = POLLIN, .revents = 0};
    ::poll(&waiter, 1, static_cast<int>(left.count()));
  }
  return ended_;
}

}  // namespace tactus
