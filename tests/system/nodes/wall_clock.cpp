// SPDX-License-Identifier: Apache-2.0
// Preloaded: CLOCK_REALTIME jumps by the hours that stand in the file /tmp/wall_clock, for every process that
// looks at it.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

long hours() {
  const int file = open("/tmp/wall_clock", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[16] = {};
  const auto size = read(file, text, sizeof text - 1);
  close(file);
  return size > 0 ? std::strtol(text, nullptr, 10) : 0;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                                    timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) time->tv_sec += hours() * 3600;
  return result;
}
