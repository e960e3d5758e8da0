// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "broker.hpp"
#include "command.hpp"
#include "output/table.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

constexpr rlim_t kWantedPriority = 91;  // the broker's
constexpr rlim_t kWantedLocked = rlim_t{1} << 30;
constexpr double kWantedShared = 512e6;
constexpr unsigned kCapIpcLock = 14;
constexpr unsigned kCapSysNice = 23;
constexpr const char* kGrant = "rtctl doctor --rt prints the lines that grant it";

bool has_capability(unsigned number) {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word != "CapEff:") continue;
    status >> word;
    return (std::stoull(word, nullptr, 16) >> number & 1U) != 0;
  }
  return false;
}

rlim_t limit_of(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_cur;
}

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

std::string first_line(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

std::string lock_holder() {
  const std::string pid = first_line(tactus::kBrokerLock);
  return fmt::format("process {} of user {}", pid, [&] {
    struct stat info {};
    stat(tactus::kBrokerLock, &info);
    return user_name(info.st_uid);
  }());
}

// The kernel frees a lock with its holder: an unlocked lock file is one that a dead broker left.
bool broker_lives() {
  const int fd = open(tactus::kBrokerLock, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT;  // another user's: cannot tell, so assume it
  const bool free = flock(fd, LOCK_SH | LOCK_NB) == 0;
  close(fd);
  return !free;
}

}  // namespace

Check check_realtime_priority() {
  const rlim_t limit = limit_of(RLIMIT_RTPRIO);
  if (has_capability(kCapSysNice)) return {"realtime priority", Health::kGood, "CAP_SYS_NICE", ""};
  const std::string found = fmt::format("limit {}", limit);
  if (limit >= kWantedPriority) return {"realtime priority", Health::kGood, found, ""};
  return {"realtime priority", Health::kWarning, found,
          fmt::format("{} is needed for realtime: ...; {}", kWantedPriority, kGrant)};
}

Check check_locked_memory() {
  const rlim_t limit = limit_of(RLIMIT_MEMLOCK);
  if (has_capability(kCapIpcLock)) return {"locked memory", Health::kGood, "CAP_IPC_LOCK", ""};
  const bool unlimited = limit == RLIM_INFINITY;
  const std::string found =
      unlimited ? "unlimited" : fmt::format("limit {}", bytes_text(static_cast<double>(limit)));
  if (unlimited || limit >= kWantedLocked) return {"locked memory", Health::kGood, found, ""};
  return {"locked memory", Health::kWarning, found, fmt::format("page faults will cost time; {}", kGrant)};
}

Check check_shared_memory() {
  struct statvfs shm {};
  if (statvfs("/dev/shm", &shm) != 0 || access("/dev/shm", W_OK) != 0) {
    return {"/dev/shm", Health::kBad, "not writable", "mount a tmpfs there: mount -t tmpfs tmpfs /dev/shm"};
  }
  const double free = static_cast<double>(shm.f_bavail) * static_cast<double>(shm.f_frsize);
  const double size = static_cast<double>(shm.f_blocks) * static_cast<double>(shm.f_frsize);
  const std::string found = fmt::format("{} free of {}", bytes_text(free), bytes_text(size));
  if (free >= kWantedShared) return {"/dev/shm", Health::kGood, found, ""};
  return {"/dev/shm", Health::kWarning, found,
          "topics share little memory: mount -o remount,size=2G /dev/shm"};
}

Check check_cpu_latency() {
  if (access("/dev/cpu_dma_latency", F_OK) != 0) {
    return {"CPU sleep states", Health::kWarning, "no /dev/cpu_dma_latency",
            "waking up takes tens of microseconds where CPUs sleep deeply"};
  }
  if (access("/dev/cpu_dma_latency", W_OK) == 0)
    return {"CPU sleep states", Health::kGood, "can be held off", ""};
  return {
      "CPU sleep states", Health::kWarning, "/dev/cpu_dma_latency is not writable",
      "a udev rule gives it to your group: KERNEL==\"cpu_dma_latency\", GROUP=\"realtime\", MODE=\"0660\""};
}

Check check_kernel() {
  utsname name{};
  uname(&name);
  const std::string version = name.version;
  const bool realtime = version.find("PREEMPT_RT") != std::string::npos;
  const std::string found = fmt::format("{}{}", name.release, realtime ? ", PREEMPT_RT" : "");
  const std::string share = first_line("/proc/sys/kernel/sched_rt_runtime_us");
  if (!realtime) {
    return {"kernel", Health::kWarning, found,
            "not a realtime kernel: fine to develop, latencies are not bounded (linux-image-rt-amd64)"};
  }
  return {"kernel", Health::kGood, share == "-1" ? found : found + ", 5 % of each CPU kept for others", ""};
}

Check check_broker() try {
  if (access(tactus::kBrokerLock, F_OK) != 0) return {"broker", Health::kGood, "nothing is running", ""};
  if (!broker_lives()) return {"broker", Health::kGood, "nothing is running", ""};
  const Graph graph = read_graph();
  return {"broker", Health::kGood,
          fmt::format("{}, generation {}, {} nodes, {} topics", lock_holder(), graph.generation,
                      graph.nodes.size(), graph.topics.size()),
          ""};
} catch (const std::exception& error) {
  return {"broker", Health::kBad, lock_holder(), error.what()};
}

Check check_leftovers() {
  if (broker_lives()) return {"leftovers", Health::kGood, "none: a broker runs", ""};
  std::vector<std::string> found;
  for (const char* path :
       {"/dev/shm/iceoryx_mgmt", tactus::kBrokerSocket, tactus::kBrokerLock, "/tmp/roudi.lock"}) {
    if (fs::exists(path)) found.emplace_back(path);
  }
  if (found.empty()) return {"leftovers", Health::kGood, "none", ""};
  struct stat info {};
  stat(found.front().c_str(), &info);
  if (info.st_uid == geteuid() || geteuid() == 0) {
    return {"leftovers", Health::kWarning, fmt::format("{}", fmt::join(found, " ")),
            "of a broker that was killed; the next launch cleans up"};
  }
  return {"leftovers", Health::kBad,
          fmt::format("{} of user {}", fmt::join(found, " "), user_name(info.st_uid)),
          fmt::format("remove them: sudo rm {}", fmt::join(found, " "))};
}

std::vector<Check> run_checks() {
  return {check_kernel(),      check_realtime_priority(), check_locked_memory(),
          check_cpu_latency(), check_shared_memory(),     check_broker(),
          check_leftovers()};
}

std::string realtime_limits() {
  const std::string user = user_name(geteuid());
  return fmt::format(
      "# Write these lines to /etc/security/limits.d/90-tactus.conf as root, then log in again.\n"
      "{0} - rtprio {1}\n{0} - memlock unlimited\n",
      user, kWantedPriority);
}

}  // namespace rtctl
