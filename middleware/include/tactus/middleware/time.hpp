// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace tactus {

using Duration = std::chrono::nanoseconds;
/// An instant on the group's clock: nanoseconds since the UTC epoch.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// CLOCK_MONOTONIC in nanoseconds: for waiting and for measuring run times.
[[nodiscard]] std::int64_t monotonic_ns() noexcept;

/// The group's clock (group_clock.hpp): the same in every process of the group. It never steps; it may run
/// faster or slower than CLOCK_MONOTONIC.
[[nodiscard]] Time group_now() noexcept;

[[nodiscard]] constexpr std::int64_t to_ns(Time time) noexcept { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr Time from_ns(std::int64_t ns) noexcept { return Time{Duration{ns}}; }

/// a + b and a - b, held at the ends of the range instead of overflowing: for all that is computed with times
/// of sample headers, which other processes write, and with sums of them.
[[nodiscard]] constexpr std::int64_t clamped_sum(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}
[[nodiscard]] constexpr std::int64_t clamped_difference(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// A builtin_interfaces/Time, or any struct of {sec, nanosec}, from an instant and back.
template <typename Stamp>
void set_stamp(Stamp& stamp, Time time) noexcept {
  const std::int64_t ns = to_ns(time);
  stamp.sec = static_cast<std::int32_t>(ns / 1'000'000'000);
  stamp.nanosec = static_cast<std::uint32_t>(ns % 1'000'000'000);
}
template <typename Stamp>
[[nodiscard]] Time stamp_time(const Stamp& stamp) noexcept {
  return from_ns(std::int64_t{stamp.sec} * 1'000'000'000 + stamp.nanosec);
}

}  // namespace tactus
