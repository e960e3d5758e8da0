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

struct Range {
  double least, most;
};
/// Of one wave; an axis has two.
struct AxisRange {
  Range amplitude;  ///< m or rad
  Range frequency;  ///< Hz
};
constexpr std::array<AxisRange, 6> kAxes{{
    {{0.04, 0.20}, {0.15, 0.50}},  // x
    {{0.04, 0.20}, {0.15, 0.50}},  // y
    {{0.01, 0.05}, {0.15, 0.60}},  // z
    {{0.02, 0.06}, {0.15, 0.50}},  // roll
    {{0.04, 0.12}, {0.10, 0.40}},  // pitch
    {{0.15, 0.35}, {0.08, 0.30}},  // yaw
}};

constexpr double kMeanPitch = 0.1;  // rad, down: eyes look at hands and tables more than at ceilings

double between(const Range& range, double unit) { return range.least + (range.most - range.least) * unit; }

/// A frequency (rad/s) whose wave ends where it began after the period.
double whole_turns(double hertz) {
  constexpr double kPeriod = 1e-9 * Trajectory::kPeriodNs;
  return 2 * std::numbers::pi * std::round(hertz * kPeriod) / kPeriod;
}

}  // namespace

Trajectory::Trajectory(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> unit{0, 1};
  for (std::size_t axis = 0; axis < waves_.size(); ++axis) {
    for (auto& wave : waves_[axis]) {
      wave.amplitude = between(kAxes[axis].amplitude, unit(random));
      wave.frequency = whole_turns(between(kAxes[axis].frequency, unit(random)));
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
  double angle[3] = {0, kMeanPitch, 0};
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
