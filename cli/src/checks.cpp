// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "broker.hpp"
#include "command.hpp"
#include "leftovers.hpp"
#include "output/table.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/scheduler/grants.hpp"

namespace rtctl {
namespace {

constexpr rlim_t kWantedPriority = 91;  // the broker's
// The broker's pools (middleware/broker/shared_memory.cpp) take what is there, between these.
constexpr double kLeastShared = 140e6;
constexpr double kFullShared = 1e9;
constexpr const char* kGrant = "rtctl doctor --rt prints the lines that grant it";

rlim_t limit_of(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_cur;
}

std::string lock_holder() {
  const std::string pid = first_line(tactus::kBrokerLock);
  return fmt::format("process {} of user {}", pid, [&] {
    struct stat info {};
    stat(tactus::kBrokerLock, &info);
    return user_name(info.st_uid);
  }());
}

}  // namespace

Check check_realtime_priority() {
  const rlim_t limit = limit_of(RLIMIT_RTPRIO);
  if (tactus::has_capability(tactus::kCapSysNice))
    return {"realtime priority", Health::kGood, "CAP_SYS_NICE", ""};
  const std::string found = fmt::format("limit {}", limit);
  if (limit >= kWantedPriority) return {"realtime priority", Health::kGood, found, ""};
  return {"realtime priority", Health::kWarning, found,
          fmt::format("{} is needed for realtime: ...; {}", kWantedPriority, kGrant)};
}

Check check_locked_memory() {
  const rlim_t limit = limit_of(RLIMIT_MEMLOCK);
  if (tactus::has_capability(tactus::kCapIpcLock))
    return {"locked memory", Health::kGood, "CAP_IPC_LOCK", ""};
  const bool unlimited = limit == RLIM_INFINITY;
  const std::string found =
      unlimited ? "unlimited" : fmt::format("limit {}", bytes_text(static_cast<double>(limit)));
  if (unlimited) return {"locked memory", Health::kGood, found, ""};
  return {"locked memory", Health::kWarning, found, fmt::format("page faults will cost time; {}", kGrant)};
}

Check check_shared_memory() {
  struct statvfs shm {};
  if (statvfs("/dev/shm", &shm) != 0 || access("/dev/shm", W_OK) != 0) {
    return {"/dev/shm", Health::kBad, "not writable", "mount a tmpfs there: mount -t tmpfs tmpfs /dev/shm"};
  }
  const double free = static_cast<double>(shm.f_bavail) * static_cast<double>(shm.f_frsize);
  const double size = static_cast<double>(shm.f_blocks) * static_cast<double>(shm.f_frsize);
  const double used = static_cast<double>(segment_bytes());
  std::string found = fmt::format("{} free of {}", bytes_text(free), bytes_text(size));
  if (used > 0) found += fmt::format(", {} used by the broker", bytes_text(used));
  found += fmt::format("; needed: {} at least, {} for all pools", bytes_text(kLeastShared),
                       bytes_text(kFullShared));
  const char* advice =
      "more room for large messages: mount -o remount,size=2G /dev/shm (a container: --shm-size=2g)";
  if (free + used >= kFullShared) return {"/dev/shm", Health::kGood, found, ""};
  return {"/dev/shm", free + used >= kLeastShared ? Health::kWarning : Health::kBad, found, advice};
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
  if (access(tactus::kBrokerSocket, F_OK) != 0)
    return {"broker", Health::kWarning, lock_holder() + " starts or ends", "ask again in a few seconds"};
  const Graph graph = read_graph();
  return {"broker", Health::kGood,
          fmt::format("{}, generation {}, {} nodes, {} topics", lock_holder(), graph.generation,
                      graph.nodes.size(), graph.topics.size()),
          ""};
} catch (const std::exception& error) {
  return {"broker", Health::kBad, lock_holder(), error.what()};
}

Check check_processes() {
  std::string text;
  for (const LeftProcess& one : find_left_processes()) {
    text += fmt::format("{}{} (user {}{})", text.empty() ? "" : ", ", one.pid, one.owner,
                        one.state == 'T' ? ", stopped" : "");
  }
  if (text.empty()) return {"processes", Health::kGood, "none without a launch", ""};
  return {"processes", Health::kWarning, "left by launches that ended: " + text,
          "rtctl doctor --clean ends them"};
}

Check check_leftovers() {
  const std::vector<Leftover> found = find_leftovers();
  if (found.empty()) return {"leftovers", Health::kGood, "none", ""};
  std::string text;
  bool foreign = false;
  for (const Leftover& one : found) {
    foreign |= !one.ours;
    text += fmt::format("{}{} ({}, {})", text.empty() ? "" : ", ", one.path, one.owner,
                        bytes_text(static_cast<double>(one.bytes)));
  }
  if (!foreign)
    return {"leftovers", Health::kWarning, text, "of what was killed: rtctl doctor --clean removes them"};
  return {"leftovers", Health::kBad, text,
          "those of other users are in the way: let them run rtctl doctor --clean, or run it with sudo"};
}

std::vector<Check> run_checks() {
  return {check_kernel(),      check_realtime_priority(), check_locked_memory(),
          check_cpu_latency(), check_shared_memory(),     check_broker(),
          check_processes(),   check_leftovers()};
}

}  // namespace rtctl
