// SPDX-License-Identifier: Apache-2.0
#include "kill.hpp"

#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace tactus::broker {
namespace {

constexpr std::chrono::seconds kLimit{3};  // less than a client waits for an answer
constexpr std::chrono::microseconds kLongestPause{50'000};

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

bool OpenCall::may_be_of(std::uint32_t thread) const {
  if (tid != 0) return tid == thread;
  return syscall(SYS_tkill, thread, 0) != 0 && errno == ESRCH;
}

std::vector<OpenCall> open_calls(const ProcessPage& page) {
  std::vector<OpenCall> calls;
  for (const ThreadFlag& flag : page.threads) {
    const std::uint32_t call = flag.in_call.load();
    if (call == 0) continue;
    OpenCall& open = calls.emplace_back();
    if (&flag != &page.threads.back()) open.tid = flag.tid.load();
    if (call < ThreadFlag::kOtherCall) open.endpoint = call - 1;
  }
  return calls;
}

bool is_stopped(pid_t pid) {
  const char state = thread_state(fmt::format("/proc/{}/task/{}", pid, pid));
  return state == 'T' || state == 't';
}

bool kill_outside_calls(pid_t pid, const ProcessPage& page) {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  std::chrono::microseconds pause{200};
  while (std::chrono::steady_clock::now() < limit) {
    if (kill(pid, SIGSTOP) != 0) return true;
    wait_until_stopped(pid);
    if (open_calls(page).empty()) {
      kill(pid, SIGKILL);
      return true;
    }
    kill(pid, SIGCONT);
    std::this_thread::sleep_for(pause);
    pause = std::min(pause + pause / 5, kLongestPause);  // on a busy machine it takes a while to get a CPU
  }
  kill(pid, SIGKILL);
  return false;
}

}  // namespace tactus::broker
