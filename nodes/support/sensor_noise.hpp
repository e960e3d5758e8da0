// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace xr {

/// Noise of an image sensor: Gaussian, per pixel, from a table that is drawn once and entered at a place that
/// follows from the stamp and the camera. Same seed and stamp, same noise.
class SensorNoise {
 public:
  /// Allocates. `deviation`: gray values.
  SensorNoise(std::uint64_t seed, double deviation);

  /// Adds to an image, 0 to 255. Neither blocks nor allocates.
  void add(std::int64_t stamp_ns, std::uint64_t camera, std::span<std::uint8_t> pixels) const noexcept;

 private:
  static constexpr std::size_t kRun = 1024, kTable = std::size_t{1} << 16;

  std::uint64_t seed_;
  std::vector<std::int8_t> table_;  ///< empty: no noise; a run longer than kTable, so that none wraps
};

}  // namespace xr
