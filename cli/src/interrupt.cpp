// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace rtctl {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
std::atomic<bool> g_requested{false};
std::atomic<int> g_fd{-1};

void on_signal(int) {
  g_requested = true;
  const std::uint64_t one = 1;
  (void)!write(g_fd, &one, sizeof one);
}

}  // namespace

Interrupt::Interrupt() {
  g_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;  // no SA_RESTART: a wait ends at once
  for (const int signal : kSignals) sigaction(signal, &action, nullptr);
}

Interrupt::~Interrupt() {
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  close(g_fd.exchange(-1));
}

bool Interrupt::requested() const noexcept { return g_requested; }

int Interrupt::fd() const noexcept { return g_fd; }

bool Interrupt::sleep(std::chrono::nanoseconds time) const {
  pollfd waited{g_fd, POLLIN, 0};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec limit{seconds.count(), (time - seconds).count()};
  (void)ppoll(&waited, 1, &limit, nullptr);
  return !g_requested;
}

}  // namespace rtctl
