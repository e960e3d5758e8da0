// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

namespace tactus::benchmarks {
namespace {

/// The kernel's number of the tracepoint at which every system call starts; 0: unknown.
std::uint64_t tracepoint() {
  std::uint64_t id = 0;
  std::ifstream{"/sys/kernel/tracing/events/raw_syscalls/sys_enter/id"} >> id;
  return id;
}

}  // namespace

SyscallCounter::SyscallCounter() {
  perf_event_attr event{};
  event.type = PERF_TYPE_TRACEPOINT;
  event.size = sizeof event;
  event.config = tracepoint();
  if (event.config == 0) return;
  fd_ = static_cast<int>(syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  if (works()) static_cast<void>(take());
}

SyscallCounter::~SyscallCounter() {
  if (works()) close(fd_);
}

std::int64_t SyscallCounter::take() {
  std::int64_t now = 0;
  if (read(fd_, &now, sizeof now) != sizeof now) return 0;
  const std::int64_t since = now - last_;
  last_ = now;
  return since - 1;  // this read
}

CpuLatencyHold::CpuLatencyHold() : fd_{open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)} {
  const std::int32_t zero_us = 0;
  if (held() && write(fd_, &zero_us, sizeof zero_us) != sizeof zero_us) {
    close(fd_);
    fd_ = -1;
  }
}

CpuLatencyHold::~CpuLatencyHold() {
  if (held()) close(fd_);
}

}  // namespace tactus::benchmarks
