// SPDX-License-Identifier: Apache-2.0
#include "leftovers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/transport.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRuntimePrefix = "tactus.";  // runtime names are tactus.<generation>.<pid>.<number>
constexpr const char* kLockSuffix = ".lock";
constexpr const char* kHost = "tactus-host";
constexpr const char* kSupervisorLibrary = "/libtactus_scheduler.so";
constexpr std::chrono::seconds kEndLimit{2};

bool is_held(const std::string& lock_file) {
  const int fd = open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT;  // another user's: cannot tell, so assume it
  const bool free = flock(fd, LOCK_SH | LOCK_NB) == 0;
  close(fd);
  return !free;
}

// What /proc/PID/stat tells behind the name, which may hold anything: the state and the parent.
struct ProcessStat {
  char state = 'X';
  pid_t parent = 0;
};

ProcessStat stat_of(const fs::path& folder) {
  const std::string line = first_line(folder / "stat");
  const std::size_t at = line.rfind(')');
  ProcessStat result;
  if (at != std::string::npos) std::istringstream{line.substr(at + 1)} >> result.state >> result.parent;
  return result;
}

// A supervisor has its library mapped. When it cannot be read, it is another user's: assume it lives.
bool is_supervisor(pid_t process) {
  std::ifstream maps{fmt::format("/proc/{}/maps", process)};
  if (!maps) return true;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(kSupervisorLibrary) != std::string::npos) return true;
  }
  return false;
}

bool may_change(uid_t owner) { return owner == geteuid() || geteuid() == 0; }

std::string group_name() {
  const group* entry = getgrgid(getegid());
  return entry != nullptr ? entry->gr_name : std::to_string(getegid());
}

// The payload segment is named after the group of the user who ran the broker.
std::vector<std::string> segments() { return {"/dev/shm/iceoryx_mgmt", "/dev/shm/" + group_name()}; }

std::vector<std::string> files_of_brokers() {
  std::vector<std::string> files = segments();
  files.insert(files.end(), {tactus::kBrokerSocket, tactus::kBrokerLock, "/tmp/roudi", "/tmp/roudi.lock"});
  return files;
}

// A runtime's socket and lock have one name; the lock tells for both.
std::vector<std::string> files_of_runtimes() {
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/tmp", none}) {
    const std::string path = entry.path().string();
    if (entry.path().filename().string().rfind(kRuntimePrefix, 0) != 0) continue;
    const bool lock = entry.path().extension() == kLockSuffix;
    if (!is_held(lock ? path : path + kLockSuffix)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string first_line(const fs::path& file) {
  std::ifstream stream{file};
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

bool broker_lives() { return is_held(tactus::kBrokerLock); }

std::uint64_t segment_bytes() {
  std::uint64_t sum = 0;
  for (const std::string& path : segments()) {
    struct stat info {};
    if (stat(path.c_str(), &info) == 0) sum += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return sum;
}

std::vector<Leftover> find_leftovers() {
  std::vector<std::string> files = files_of_runtimes();
  if (!broker_lives()) {
    for (std::string& file : files_of_brokers()) files.push_back(std::move(file));
  }
  std::vector<Leftover> found;
  for (const std::string& path : files) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) continue;
    found.push_back({path, user_name(info.st_uid), may_change(info.st_uid),
                     static_cast<std::uint64_t>(info.st_blocks) * 512});
  }
  return found;
}

std::vector<LeftProcess> find_left_processes() {
  std::vector<LeftProcess> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/proc", none}) {
    const fs::path& folder = entry.path();
    if (first_line(folder / "comm") != kHost) continue;
    const ProcessStat now = stat_of(folder);
    if (now.state == 'Z' || now.state == 'X' || is_supervisor(now.parent)) continue;
    struct stat info {};
    if (stat(folder.c_str(), &info) != 0) continue;
    found.push_back(
        {std::stoi(folder.filename().string()), now.state, user_name(info.st_uid), may_change(info.st_uid)});
  }
  return found;
}

std::string end_left_process(const LeftProcess& process) try {
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (ended < 0) return {};
  const auto broker =
      tactus::BrokerClient::connect({tactus::BrokerClient::Kind::kReader, "rtctl doctor", ""});
  if (broker != nullptr)
    broker->kill_process(process.pid);
  else
    kill(process.pid, SIGKILL);
  pollfd end{ended, POLLIN, 0};
  const bool gone = poll(&end, 1, static_cast<int>(std::chrono::milliseconds{kEndLimit}.count())) > 0;
  close(ended);
  return gone ? std::string{} : std::string{"it does not end"};
} catch (const tactus::TransportError& error) {
  return error.what();
}

std::string remove_leftover(const Leftover& leftover) {
  const fs::path path{leftover.path};
  const bool of_runtime = path.filename().string().rfind(kRuntimePrefix, 0) == 0;
  const std::string lock = path.extension() == kLockSuffix ? leftover.path : leftover.path + kLockSuffix;
  if (of_runtime ? is_held(lock) : broker_lives()) return "it is in use by now";
  return unlink(leftover.path.c_str()) == 0 || errno == ENOENT ? std::string{} : std::strerror(errno);
}

}  // namespace rtctl
