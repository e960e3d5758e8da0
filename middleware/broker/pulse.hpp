// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tactus::broker {

/// Tells whether RouDi stands still. Time in which the watcher itself did not run (stopped, starved, the
/// machine asleep) is not held against it. Pure: time is an argument.
class Pulse {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kLimit{500};
  static constexpr std::chrono::milliseconds kMostPerLook{150};  ///< RouDi's cycle and some

  explicit Pulse(Time now) : last_look_{now} {}

  /// To be asked at least every 100 ms.
  bool stands_still(std::uint64_t beat, Time now) {
    const auto passed = std::min<std::chrono::nanoseconds>(now - last_look_, kMostPerLook);
    last_look_ = now;
    still_for_ = beat == beat_ ? still_for_ + passed : std::chrono::nanoseconds{0};
    beat_ = beat;
    return still_for_ > kLimit;
  }
  [[nodiscard]] std::chrono::milliseconds still_for() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(still_for_);
  }

 private:
  Time last_look_;
  std::uint64_t beat_ = 0;
  std::chrono::nanoseconds still_for_{0};
};

}  // namespace tactus::broker
