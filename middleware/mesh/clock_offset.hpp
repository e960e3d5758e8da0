// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tactus::mesh {

/// One exchange: asked and heard on our clock, received and answered on theirs.
struct ClockExchange {
  std::int64_t asked_ns = 0;
  std::int64_t received_ns = 0;
  std::int64_t answered_ns = 0;
  std::int64_t heard_ns = 0;
};

struct ClockComparison {
  std::int64_t offset_ns = 0;  ///< their clock minus ours
  std::int64_t uncertainty_ns =
      0;  ///< the true offset lies within offset +- this, whatever the way there took
  std::int64_t round_trip_ns = 0;  ///< of the exchange that it comes from, without their time to answer
  std::int64_t measured_ns = 0;    ///< CLOCK_MONOTONIC
  friend bool operator==(const ClockComparison&, const ClockComparison&) = default;
};

/// Compares a clock with ours, from the exchanges of the last half minute. The quickest tells most: its way
/// there and back cannot have been more uneven than it was long. Older ones count as less certain, since
/// clocks drift.
class ClockOffset {
 public:
  /// Exchanges that cannot be (negative round trips) are left out.
  void add(const ClockExchange& exchange, std::int64_t monotonic_ns);
  [[nodiscard]] std::optional<ClockComparison> best(std::int64_t monotonic_ns) const;
  void forget() noexcept { count_ = 0; }

 private:
  static constexpr std::size_t kKept = 64;
  std::array<ClockComparison, kKept> kept_{};
  std::size_t count_ = 0;  ///< ever added
};

}  // namespace tactus::mesh
