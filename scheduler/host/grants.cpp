// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/grants.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

namespace tactus {
namespace {

constexpr const char* kForGood = "for good: rtctl doctor --rt";

std::string limit_text(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur);
}

std::vector<int> without(std::vector<int> list, const std::vector<int>& others) {
  std::erase_if(list, [&](int one) { return std::ranges::find(others, one) != others.end(); });
  return list;
}

}  // namespace

std::string first_line_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

bool has_capability(unsigned number, const Machine& machine) {
  std::ifstream status{machine.root / "proc/self/status"};
  for (std::string word; status >> word;) {
    if (word != "CapEff:") continue;
    status >> word;
    return (std::stoull(word, nullptr, 16) >> number & 1U) != 0;
  }
  return false;
}

std::vector<int> cpu_list(const std::string& text) {
  std::vector<int> cpus;
  std::istringstream ranges{text};
  for (std::string range; std::getline(ranges, range, ',');) {
    int first = 0;
    const char* end = range.data() + range.size();
    const auto [dash, bad] = std::from_chars(range.data(), end, first);
    if (bad != std::errc{}) break;
    int last = first;
    if (dash != end && *dash == '-') std::from_chars(dash + 1, end, last);
    for (int cpu = first; cpu <= last && cpu < 4096; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::filesystem::path cgroup_folder(const std::string& controller, const Machine& machine) {
  std::ifstream groups{machine.root / "proc/self/cgroup"};
  std::string path;
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream names{line.substr(first + 1, second - first - 1)};
    for (std::string name; std::getline(names, name, ',');)
      if (name == controller) return machine.root / "sys/fs/cgroup" / controller / line.substr(second + 2);
    if (second == first + 1) path = line.substr(second + 2);  // of version 2
  }
  return machine.root / "sys/fs/cgroup" / path;
}

std::string grant_of_priority(int priority, const Machine& machine) {
  const auto bandwidth = cgroup_folder("cpu", machine) / "cpu.rt_runtime_us";
  if (has_capability(kCapSysNice, machine) && first_line_of(bandwidth) == "0")
    return fmt::format("its control group has no realtime time; grant it: echo 950000 | sudo tee {}",
                       bandwidth.string());
  return fmt::format("the limit rtprio is {}; grant it to this shell: sudo prlimit --pid $$ --rtprio={}; {}",
                     limit_text(RLIMIT_RTPRIO), priority, kForGood);
}

std::string grant_of_cpus(const std::vector<int>& denied, const Machine& machine) {
  const auto folder = machine.root / "sys/devices/system/cpu";
  const auto there = cpu_list(first_line_of(folder / "present"));
  const auto online = cpu_list(first_line_of(folder / "online"));
  if (const auto missing = without(denied, there); !missing.empty())
    return fmt::format("this machine has the CPUs {}: name others in cpus:",
                       first_line_of(folder / "present"));
  if (const auto off = without(denied, online); !off.empty())
    return fmt::format("CPU {0} is switched off; grant it: echo 1 | sudo tee {1}/cpu{0}/online", off.front(),
                       folder.string());
  return fmt::format("its control group has other CPUs; grant them: echo {} | sudo tee {}",
                     first_line_of(folder / "online"),
                     (cgroup_folder("cpuset", machine) / "cpuset.cpus").string());
}

std::string grant_of_locked_memory() {
  return fmt::format(
      "the limit memlock is {}; grant it to this shell: sudo prlimit --pid $$ --memlock=unlimited; {}",
      limit_text(RLIMIT_MEMLOCK), kForGood);
}

std::string grant_of_cpu_latency(int error) {
  if (error == ENOENT) return "not there; a container gets it with --device=/dev/cpu_dma_latency";
  return fmt::format("grant it until the next boot: sudo chmod o+rw /dev/cpu_dma_latency; {}", kForGood);
}

}  // namespace tactus
