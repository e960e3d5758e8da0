// SPDX-License-Identifier: Apache-2.0
#include "thread_stack.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "child_process.hpp"

namespace tactus {
namespace {

constexpr std::chrono::milliseconds kLimit{2'000};
constexpr const char* kProgram = "/usr/bin/eu-stack";
constexpr int kMostFrames = 24;

std::string output_of(ChildProcess& child) {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  std::string text;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd fd{.fd = child.output_fd(), .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 4096> buffer;
    const ssize_t size = ::read(child.output_fd(), buffer.data(), buffer.size());
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  child.signal(SIGKILL);
  return text;
}

/// "#0  0x00007f.. clock_nanosleep@@GLIBC_2.17" -> "#0  clock_nanosleep"
std::string frames(const std::string& text) {
  std::string result;
  std::istringstream lines{text};
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) continue;
    if (++count > kMostFrames) return result + "\n    ...";
    result += "\n    " + line;
  }
  return result;
}

std::string state_of(pid_t pid, pid_t tid) {
  std::ifstream file{fmt::format("/proc/{}/task/{}/status", pid, tid)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:")) return line.substr(line.find_first_not_of(" \t", 6));
  }
  return "gone";
}

}  // namespace

std::string thread_stack(pid_t pid, pid_t tid) {
  const std::string state = fmt::format("thread {} is {}", tid, state_of(pid, tid));
  if (access(kProgram, X_OK) != 0)
    return fmt::format("\n    {}; its stack is not known: apt install elfutils", state);
  std::string text;
  try {
    ChildProcess::Options options;
    options.arguments = {kProgram, "-1", "-p", std::to_string(tid)};
    options.capture_output = true;
    ChildProcess child{options};
    text = frames(output_of(child));
  } catch (const std::exception& error) {
    return fmt::format("\n    {}; its stack cannot be read: {}", state, error.what());
  }
  if (text.empty()) return fmt::format("\n    {}; its stack cannot be read (see above)", state);
  return fmt::format("\n    {}{}", state, text);
}

pid_t thread_named(pid_t pid, const std::string& name) {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid), error}) {
    std::string known;
    std::getline(std::ifstream{task.path() / "comm"}, known);
    if (known == name.substr(0, 15)) return std::atoi(task.path().filename().c_str());
  }
  return 0;
}

}  // namespace tactus
