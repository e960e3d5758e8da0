// SPDX-License-Identifier: Apache-2.0
#include "realtime_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <vector>

#include "broker.hpp"
#include "command.hpp"
#include "leftovers.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;
using tactus::first_line_of;
using tactus::Machine;

constexpr int kWantedPriority = 91;  // the broker's
constexpr const char* kCpus = "sys/devices/system/cpu";

/// One thing: what it is now and, where that is not best, what grants better.
struct Line {
  std::string name, now, grant;
};

std::string limit_text(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur);
}

Line kernel_line(const Machine& machine) {
  utsname name{};
  uname(&name);
  const bool realtime = first_line_of(machine.root / "sys/kernel/realtime") == "1";
  return {"kernel", fmt::format("{}{}", name.release, realtime ? ", PREEMPT_RT" : ", not a realtime kernel"),
          realtime ? "" : "sudo apt-get install linux-image-rt-amd64, and boot it: latencies are bounded"};
}

Line bandwidth_line(const Machine& machine) {
  const std::string runtime = first_line_of(machine.root / "proc/sys/kernel/sched_rt_runtime_us");
  const std::string period = first_line_of(machine.root / "proc/sys/kernel/sched_rt_period_us");
  if (runtime == "-1") return {"realtime bandwidth", "not limited", ""};
  return {"realtime bandwidth", fmt::format("{} of {} us", runtime, period),
          "threads that spin are stopped beyond it: sudo sysctl -w kernel.sched_rt_runtime_us=-1"};
}

Line cgroup_line(const Machine& machine) {
  const auto file = tactus::cgroup_folder("cpu", machine) / "cpu.rt_runtime_us";
  const std::string runtime = first_line_of(file);
  if (runtime.empty()) return {"control group", "does not limit realtime", ""};
  return {"control group", fmt::format("{} us of realtime per period", runtime),
          runtime == "0" ? fmt::format("echo 950000 | sudo tee {}", file.string()) : ""};
}

Line governor_line(const Machine& machine) {
  std::set<std::string> governors;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{machine.root / kCpus, none}) {
    const std::string governor = first_line_of(entry.path() / "cpufreq/scaling_governor");
    if (!governor.empty()) governors.insert(governor);
  }
  if (governors.empty()) return {"CPU frequency", "not to be set here", ""};
  const bool best = governors == std::set<std::string>{"performance"};
  return {"CPU frequency", fmt::format("governor {}", fmt::join(governors, ", ")),
          best ? "" : "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"};
}

Line isolated_line(const Machine& machine) {
  const std::string isolated = first_line_of(machine.root / kCpus / "isolated");
  if (!isolated.empty()) return {"isolated CPUs", isolated + ": name them in cpus:", ""};
  const auto online = tactus::cpu_list(first_line_of(machine.root / kCpus / "online"));
  if (online.size() < 2) return {"isolated CPUs", "none, there is one CPU", ""};
  return {"isolated CPUs", "none",
          fmt::format("isolcpus=managed_irq,domain,{0} nohz_full={0} rcu_nocbs={0} in GRUB_CMDLINE_LINUX of "
                      "/etc/default/grub, then sudo update-grub, and boot",
                      online.back())};
}

Line latency_line(const Machine& machine) {
  const auto device = machine.root / "dev/cpu_dma_latency";
  if (access(device.c_str(), F_OK) != 0)
    return {"CPU sleep states", "no /dev/cpu_dma_latency",
            "a container gets it with --device=/dev/cpu_dma_latency"};
  if (access(device.c_str(), W_OK) == 0) return {"CPU sleep states", "are held off while a launch runs", ""};
  return {"CPU sleep states", "/dev/cpu_dma_latency is not writable",
          "echo 'KERNEL==\"cpu_dma_latency\", GROUP=\"realtime\", MODE=\"0660\"' | sudo tee "
          "/etc/udev/rules.d/90-tactus.rules; sudo groupadd -f realtime; sudo usermod -aG realtime $USER"};
}

Line limit_line(const std::string& name, __rlimit_resource resource, unsigned capability,
                const std::string& wanted, const Machine& machine) {
  if (tactus::has_capability(capability, machine)) return {name, "not limited (capability)", ""};
  const std::string now = limit_text(resource);
  return {name, now, now == wanted || now == "unlimited" ? "" : "the lines at the end of this file"};
}

/// Lines of /etc/security that are about realtime priority or locked memory.
std::string present_limits(const Machine& machine) {
  std::vector<fs::path> files{machine.root / "etc/security/limits.conf"};
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{machine.root / "etc/security/limits.d", none})
    files.push_back(entry.path());
  std::sort(files.begin() + 1, files.end());
  std::string text;
  for (const fs::path& path : files) {
    std::ifstream file{path};
    int number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      const bool about =
          line.find("rtprio") != std::string::npos || line.find("memlock") != std::string::npos;
      if (about && line.find('#') != 0)
        text += fmt::format("# there is {}:{}: {}\n", path.string(), number, line);
    }
  }
  return text;
}

/// What runs now without what it asked for.
std::string degradations_text() try {
  if (!broker_lives()) return {};
  std::set<std::string> texts;
  for (const Node& node : read_graph().nodes)
    texts.insert(node.degradations.begin(), node.degradations.end());
  std::string text;
  for (const std::string& one : texts) text += fmt::format("# denied to what runs now: {}\n", one);
  return text;
} catch (const std::exception&) {
  return {};  // it starts or ends
}

}  // namespace

std::string realtime_report(const Machine& machine) {
  std::string text =
      "# Write this to /etc/security/limits.d/90-tactus.conf as root, then log in again:\n"
      "#   rtctl doctor --rt | sudo tee /etc/security/limits.d/90-tactus.conf\n"
      "# What decides about realtime on this machine, and what to do about it:\n";
  for (const Line& line :
       {limit_line("rtprio", RLIMIT_RTPRIO, tactus::kCapSysNice, std::to_string(kWantedPriority), machine),
        limit_line("memlock", RLIMIT_MEMLOCK, tactus::kCapIpcLock, "unlimited", machine),
        kernel_line(machine), bandwidth_line(machine), cgroup_line(machine), governor_line(machine),
        isolated_line(machine), latency_line(machine)}) {
    text += fmt::format("# {:<19}{}\n", line.name, line.now);
    if (!line.grant.empty()) text += fmt::format("# {:<19}-> {}\n", "", line.grant);
  }
  return text + degradations_text() + present_limits(machine) +
         fmt::format("{0} - rtprio {1}\n{0} - memlock unlimited\n", user_name(geteuid()), kWantedPriority);
}

}  // namespace rtctl
