// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/realtime.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

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

const char* advice(int error) {
  return error == EPERM ? "; grant an rtprio limit in /etc/security/limits.d (see rtctl doctor --rt)" : "";
}

void apply_policy(const ThreadSettings& settings, std::vector<std::string>& denied) {
  if (settings.policy == ThreadPolicy::kOther) return;
  const sched_param param{.sched_priority = settings.priority};
  // Threads that a node starts for itself are no part of the plan.
  const int policy = native(settings.policy) | SCHED_RESET_ON_FORK;
  const int error = pthread_setschedparam(pthread_self(), policy, &param);
  if (error == 0) return;
  denied.push_back(fmt::format("{} priority {} was denied ({}){}",
                               settings.policy == ThreadPolicy::kFifo ? "fifo" : "rr", settings.priority,
                               std::strerror(error), advice(error)));
}

void apply_cpus(const ThreadSettings& settings, std::vector<std::string>& denied) {
  if (settings.cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : settings.cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  }
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  if (error == 0) return;
  denied.push_back(fmt::format("cpus [{}] were denied ({}); this machine offers cpus 0 to {}",
                               fmt::join(settings.cpus, ", "), std::strerror(error),
                               sysconf(_SC_NPROCESSORS_CONF) - 1));
}

}  // namespace

std::vector<std::string> apply_to_this_thread(const ThreadSettings& settings) {
  std::vector<std::string> denied;
  apply_cpus(settings, denied);
  apply_policy(settings, denied);
  return denied;
}

void wake_on_time() noexcept { prctl(PR_SET_TIMERSLACK, 1UL); }

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
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return {};
  return fmt::format(
      "locking memory was denied ({}); grant a memlock limit in /etc/security/limits.d "
      "(see rtctl doctor --rt)",
      std::strerror(errno));
}

}  // namespace tactus
