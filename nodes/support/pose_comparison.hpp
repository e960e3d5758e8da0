// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "motion.hpp"

namespace xr {

/// How far a pose is from the true one of the same instant.
struct PoseDistance {
  std::int64_t stamp_ns = 0;
  double metres = 0;
  double radians = 0;
};

/// Compares poses with a true trajectory that may reach their instants later. Fixed memory; never allocates.
class PoseComparison {
 public:
  /// Stamps must increase; what does not is left out.
  void add_truth(const StampedPose& truth) { static_cast<void>(truth_.add(truth)); }
  /// The oldest that still waits for its truth is given up when 64 do.
  void add(const StampedPose& pose);
  /// The next one, in the order given, whose instant the truth has reached; those from before the truth began
  /// are left out. Empty: later.
  [[nodiscard]] std::optional<PoseDistance> next();
  [[nodiscard]] bool has_truth() const { return !truth_.empty(); }

 private:
  PoseHistory truth_;
  std::array<StampedPose, 64> waiting_;
  std::uint64_t added_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace xr
