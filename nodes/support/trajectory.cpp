// SPDX-License-Identifier: Apache-2.0
#include "trajectory.hpp"

#include <cmath>
#include <numbers>
#include <random>

namespace xr {
namespace {

Eigen::Vector3d rotation_vector(const Eigen::Quaterniond& q) {
  const Eigen::AngleAxisd turn{q};
  return turn.angle() * turn.axis();
}

}  // namespace

Trajectory::Trajectory(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> unit{0, 1};
  for (std::size_t axis = 0; axis < waves_.size(); ++axis) {
    const bool rotation = axis >= 3;
    for (auto& wave : waves_[axis]) {
      wave.amplitude = (rotation ? 0.05 : 0.04) + (rotation ? 0.15 : 0.16) * unit(random);
      wave.frequency = 2 * std::numbers::pi * (0.15 + 0.45 * unit(random));
      wave.phase = 2 * std::numbers::pi * unit(random);
    }
  }
}

Eigen::Vector3d Trajectory::position(double t) const {
  Eigen::Vector3d p{0, 0, 1.6};
  for (int axis = 0; axis < 3; ++axis) {
    for (const auto& w : waves_[static_cast<std::size_t>(axis)])
      p[axis] += w.amplitude * std::sin(w.frequency * t + w.phase);
  }
  return p;
}

Eigen::Vector3d Trajectory::acceleration(double t) const {
  Eigen::Vector3d a = Eigen::Vector3d::Zero();
  for (int axis = 0; axis < 3; ++axis) {
    for (const auto& w : waves_[static_cast<std::size_t>(axis)]) {
      a[axis] -= w.amplitude * w.frequency * w.frequency * std::sin(w.frequency * t + w.phase);
    }
  }
  return a;
}

Eigen::Quaterniond Trajectory::orientation(double t) const {
  double angle[3] = {};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (const auto& w : waves_[axis + 3]) angle[axis] += w.amplitude * std::sin(w.frequency * t + w.phase);
  }
  return Eigen::AngleAxisd{angle[2], Eigen::Vector3d::UnitZ()} *
         Eigen::AngleAxisd{angle[1], Eigen::Vector3d::UnitY()} *
         Eigen::AngleAxisd{angle[0], Eigen::Vector3d::UnitX()};
}

Eigen::Vector3d Trajectory::angular_velocity(double t) const {
  constexpr double kHalf = 1e-4;  // central difference: error below 1e-8 rad/s at these frequencies
  return rotation_vector(orientation(t - kHalf).conjugate() * orientation(t + kHalf)) / (2 * kHalf);
}

}  // namespace xr
