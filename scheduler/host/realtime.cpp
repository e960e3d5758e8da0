// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/realtime.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "tactus/scheduler/grants.hpp"

namespace tactus {
namespace {

int native(ThreadPolicy policy) {
  switch (policy) {
    case ThreadPolicy::kFifo:
      return SCHED_FIFO;
    case ThreadPolicy::kRoundRobin:
      return SCHED_RR;
    case ThreadPolicy::kOther:
      break;
  }
  return SCHED_OTHER;
}

void apply_policy(const ThreadSettings& settings, std::vector<std::string>& denied) {
  if (settings.policy == ThreadPolicy::kOther) return;
  const sched_param param{.sched_priority = settings.priority};
  // Threads that a node starts for itself are no part of the plan.
  const int policy = native(settings.policy) | SCHED_RESET_ON_FORK;
  const int error = pthread_setschedparam(pthread_self(), policy, &param);
  if (error == 0) return;
  denied.push_back(fmt::format("{} priority {} was denied ({}): {}",
                               settings.policy == ThreadPolicy::kFifo ? "fifo" : "rr", settings.priority,
                               std::strerror(error), grant_of_priority(settings.priority)));
}

/// The kernel takes a list of which it has only a part.
std::vector<int> cpus_not_given(const std::vector<int>& asked) {
  cpu_set_t set;
  CPU_ZERO(&set);
  pthread_getaffinity_np(pthread_self(), sizeof set, &set);
  std::vector<int> missing;
  for (const int cpu : asked) {
    if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &set)) missing.push_back(cpu);
  }
  return missing;
}

void apply_cpus(const ThreadSettings& settings, std::vector<std::string>& denied) {
  if (settings.cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : settings.cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  }
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  const std::vector<int> missing = error != 0 ? settings.cpus : cpus_not_given(settings.cpus);
  if (missing.empty()) return;
  denied.push_back(
      fmt::format("cpus [{}] were denied: {}", fmt::join(missing, ", "), grant_of_cpus(missing)));
}

}  // namespace

std::vector<std::string> apply_to_this_thread(const ThreadSettings& settings) {
  std::vector<std::string> denied;
  apply_cpus(settings, denied);
  apply_policy(settings, denied);
  return denied;
}

bool runs_in_real_time() noexcept { return (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_OTHER; }

std::string wake_on_time() {
  if (prctl(PR_SET_TIMERSLACK, 1UL) == 0 && prctl(PR_GET_TIMERSLACK) <= 1) return {};
  return fmt::format("a timer slack of 1 ns was denied ({}): policy fifo or rr needs none",
                     std::strerror(errno));
}

CpuLatency::~CpuLatency() {
  if (fd_ >= 0) close(fd_);
}

std::string CpuLatency::hold() {
  const std::int32_t latency_us = 0;
  fd_ = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (fd_ >= 0 && write(fd_, &latency_us, sizeof latency_us) == sizeof latency_us) return {};
  const int error = errno;
  return fmt::format("/dev/cpu_dma_latency was denied ({}), CPUs may sleep deeply: {}", std::strerror(error),
                     grant_of_cpu_latency(error));
}

void name_this_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

namespace {

bool is_traced() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word == "TracerPid:" && status >> word) return word != "0";
  }
  return false;
}

}  // namespace

void block_signals() {
  sigset_t set;
  sigfillset(&set);
  if (is_traced()) sigdelset(&set, SIGINT);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&set, fault);
  pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

std::string lock_memory() {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  const bool free = limit.rlim_cur == RLIM_INFINITY || has_capability(kCapIpcLock);
  if (mlockall(MCL_CURRENT | MCL_ONFAULT | (free ? MCL_FUTURE : 0)) != 0)
    return fmt::format("locking memory was denied ({}): {}", std::strerror(errno), grant_of_locked_memory());
  if (free) return {};
  return fmt::format("locking memory that is mapped later was denied: {}", grant_of_locked_memory());
}

}  // namespace tactus
