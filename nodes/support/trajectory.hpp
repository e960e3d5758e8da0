// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>

namespace xr {

/// A smooth, seeded head motion: sums of sines, so that every derivative is exact. World: z up. Body: x
/// forward.
class Trajectory {
 public:
  explicit Trajectory(std::uint64_t seed);

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
