// SPDX-License-Identifier: Apache-2.0
#include "launch_screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace rtctl {
namespace {

constexpr std::size_t kMostPartial = 64 * 1024;  // a "line" that is longer is printed in parts
std::atomic<int> g_resized{-1};

void wake(int fd) {
  const std::uint64_t one = 1;
  (void)!write(fd, &one, sizeof one);
}

void on_resize(int) {
  const int error = errno;
  wake(g_resized);
  errno = error;
}

}  // namespace

LaunchScreen::LaunchScreen() {
  if (!view_.active()) return;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
  pipe_out_ = fds[0];
  pipe_in_ = fds[1];
  fcntl(pipe_out_, F_SETFL, O_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  g_resized = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_resize;
  action.sa_flags = SA_RESTART;
  sigaction(SIGWINCH, &action, nullptr);
  pump_ = std::thread{[this] { pump(); }};
}

LaunchScreen::~LaunchScreen() {
  view_.clear();
  if (!pump_.joinable()) return;
  wake(stop_);
  pump_.join();
  std::signal(SIGWINCH, SIG_DFL);
  for (const int fd : {pipe_in_, pipe_out_, stop_, g_resized.exchange(-1)}) close(fd);
}

void LaunchScreen::pump() {
  for (;;) {
    std::array<pollfd, 3> fds{{{pipe_out_, POLLIN, 0}, {g_resized, POLLIN, 0}, {stop_, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    std::uint64_t count = 0;
    if (fds[1].revents != 0 && read(g_resized, &count, sizeof count) > 0) view_.redraw();
    if (fds[0].revents != 0 && read_pipe()) continue;
    if (fds[2].revents != 0) break;
  }
  if (!partial_.empty()) view_.print(partial_ + "\n");
}

// False when the pipe is empty.
bool LaunchScreen::read_pipe() {
  std::array<char, 16'384> buffer;
  const ssize_t size = read(pipe_out_, buffer.data(), buffer.size());
  if (size <= 0) return false;
  partial_.append(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t end = partial_.size() > kMostPartial ? partial_.size() : partial_.rfind('\n') + 1;
  if (end > 0) view_.print(partial_.substr(0, end));
  partial_.erase(0, end);
  return true;
}

}  // namespace rtctl
