// SPDX-License-Identifier: Apache-2.0
#include "kill.hpp"

#include <fmt/core.h>
#include <csignal>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace tactus::broker {
namespace {

constexpr int kTries = 1000;

/// 'T' stopped, 'Z' dead, ... 0 when it is gone. The state stands behind the last ')'.
char thread_state(const std::filesystem::path& task) {
  std::ifstream file{task / "stat"};
  std::string line;
  std::getline(file, line);
  const auto at = line.rfind(')');
  return at == std::string::npos || at + 2 >= line.size() ? '\0' : line[at + 2];
}

/// Every thread, not only the first: each may be in a call on another CPU.
bool all_stopped(pid_t pid) {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid), error}) {
    const char state = thread_state(task.path());
    if (state != 'T' && state != 't' && state != 'Z' && state != 'X' && state != '\0') return false;
  }
  return true;
}

void wait_until_stopped(pid_t pid) {
  for (int i = 0; i < 2000 && !all_stopped(pid); ++i)
    std::this_thread::sleep_for(std::chrono::microseconds{50});
}

}  // namespace

bool died_inside_call(const ProcessPage& page) {
  return std::ranges::any_of(page.threads,
                             [](const ThreadFlag& thread) { return thread.in_call.load() != 0; });
}

bool kill_outside_calls(pid_t pid, const ProcessPage& page) {
  for (int i = 0; i < kTries; ++i) {
    if (kill(pid, SIGSTOP) != 0) return true;
    wait_until_stopped(pid);
    if (!died_inside_call(page)) {
      kill(pid, SIGKILL);
      return true;
    }
    kill(pid, SIGCONT);
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  kill(pid, SIGKILL);
  return false;
}

}  // namespace tactus::broker
