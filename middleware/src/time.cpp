// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/time.hpp"

#include <ctime>

namespace tactus {
namespace {

std::int64_t read(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t monotonic_ns() noexcept { return read(CLOCK_MONOTONIC); }

Time group_now() noexcept {
  static const std::int64_t base = read(CLOCK_REALTIME) - monotonic_ns();
  return from_ns(base + monotonic_ns());
}

}  // namespace tactus
