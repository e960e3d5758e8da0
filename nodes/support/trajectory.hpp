// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>

namespace xr {

/// A smooth, seeded motion of a head that looks around in a room: sums of sines, so that every derivative is
/// exact. World: z up, the floor at 0. Body: x forward. It stays within 0.4 m of (0, 0, 1.6) and within 40
/// degrees of looking along the world's x.
class Trajectory {
 public:
  /// The motion repeats after this time, without a seam.
  static constexpr std::int64_t kPeriodNs = 3'600'000'000'000;

  explicit Trajectory(std::uint64_t seed);

  /// Where on the trajectory the group's clock is: nodes that know the seed agree on the pose without a word,
  /// and one that is started again goes on where the head is.
  [[nodiscard]] static double seconds(std::int64_t stamp_ns) {
    return 1e-9 * static_cast<double>(stamp_ns % kPeriodNs);
  }

  [[nodiscard]] Eigen::Vector3d position(double t_s) const;          ///< m
  [[nodiscard]] Eigen::Vector3d acceleration(double t_s) const;      ///< m/s^2, world, without gravity
  [[nodiscard]] Eigen::Quaterniond orientation(double t_s) const;    ///< body to world
  [[nodiscard]] Eigen::Vector3d angular_velocity(double t_s) const;  ///< rad/s, body

 private:
  struct Wave {
    double amplitude, frequency, phase;  ///< m or rad, rad/s, rad
  };
  std::array<std::array<Wave, 2>, 6> waves_;  ///< x, y, z, roll, pitch, yaw
};

}  // namespace xr
