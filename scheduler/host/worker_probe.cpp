// SPDX-License-Identifier: Apache-2.0
#include "worker_probe.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tactus {

void WorkerProbe::describe() noexcept {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  sched_getaffinity(0, sizeof cpus, &cpus);
  for (std::size_t cpu = 0; cpu < counters_.cpus.size() * 64 && cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) counters_.cpus[cpu / 64].fetch_or(std::uint64_t{1} << (cpu % 64));
  }
  sched_param parameters{};
  sched_getparam(0, &parameters);
  counters_.policy.store(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK);
  counters_.priority.store(parameters.sched_priority);
  counters_.tid.store(static_cast<std::uint32_t>(syscall(SYS_gettid)));
}

void WorkerProbe::passed(std::uint64_t lost_wakes) noexcept {
  counters_.passes.store(counters_.passes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  counters_.lost_wakes.store(lost_wakes, std::memory_order_relaxed);
}

}  // namespace tactus
