// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "tactus/middleware/time.hpp"

namespace tactus {

/// A group's clock as a formula: time = base + rate * (CLOCK_MONOTONIC - start).
struct GroupClock {
  std::int64_t base_ns = 0;   ///< since the UTC epoch
  std::int64_t start_ns = 0;  ///< CLOCK_MONOTONIC
  double rate = 1;            ///< seconds of the group per second
  std::uint32_t id = 0;       ///< as in SampleHeader; 0: of a process without a broker

  [[nodiscard]] Time at(std::int64_t monotonic_ns) const noexcept;
  /// The first instant of CLOCK_MONOTONIC at which the clock shows `time` or more; the clock's start for all
  /// that lies before it, the end of time for what never comes.
  [[nodiscard]] std::int64_t monotonic_at(Time time) const noexcept;
};

/// A group's clock in shared memory: one writer (the broker), any number of readers, no locks.
class ClockPage {
 public:
  void set(const GroupClock& clock) noexcept;
  [[nodiscard]] GroupClock read() const noexcept;

 private:
  std::atomic<std::uint32_t> version_{0};  ///< odd while it is written
  std::atomic<std::uint32_t> id_{0};
  std::atomic<std::int64_t> base_ns_{0};
  std::atomic<std::int64_t> start_ns_{0};
  std::atomic<double> rate_{0};
};

/// The clock that group_now() reads: the group's, once the process is connected to the broker; before that
/// one of its own, UTC at its first use. Any thread; never blocks.
[[nodiscard]] GroupClock group_clock() noexcept;

/// From now on this process lives on that clock. The page stays mapped for the life of the process: any
/// thread may be reading it.
void follow_group_clock(const ClockPage& page) noexcept;

}  // namespace tactus
