// SPDX-License-Identifier: Apache-2.0
#include "log_folder.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

namespace rtctl {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kKept = 30;

fs::path log_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path{state} / "tactus" / "log";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home != '/' ? fs::path{} : fs::path{home} / ".local/state/tactus/log";
}

/// Names begin with the time: the oldest come first.
void remove_old(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator{folder, error})
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  std::sort(logs.begin(), logs.end());
  for (std::size_t i = 0; i + kKept < logs.size(); ++i) fs::remove(logs[i], error);
}

}  // namespace

std::string new_log_file(const std::string& launch, std::string& why) {
  const fs::path folder = log_folder();
  if (folder.empty()) {
    why = "no log is kept: HOME is not set";
    return {};
  }
  std::error_code error;
  fs::create_directories(folder, error);
  remove_old(folder);
  const std::string name =
      fmt::format("{:%Y%m%d-%H%M%S}-{}-{}.log", fmt::localtime(std::time(nullptr)), launch, getpid());
  const std::string path = (folder / name).string();
  const int fd = error ? -1 : open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return path;
  }
  why = fmt::format("no log is kept: {}: {}", path, error ? error.message() : std::strerror(errno));
  return {};
}

std::string launch_name(const std::string& file) {
  std::string name = fs::path{file}.stem().string();
  if (name.ends_with(".launch")) name.resize(name.size() - 7);
  return name;
}

}  // namespace rtctl
