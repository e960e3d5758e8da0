// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <optional>

namespace xr {

struct StampedPose {
  std::int64_t stamp_ns = 0;
  Eigen::Vector3d position = Eigen::Vector3d::Zero();               ///< m, world
  Eigen::Quaterniond orientation = Eigen::Quaterniond::Identity();  ///< body to world
};

/// A pose and how it moves.
struct Motion {
  StampedPose pose;
  Eigen::Vector3d velocity = Eigen::Vector3d::Zero();          ///< m/s, world
  Eigen::Vector3d angular_velocity = Eigen::Vector3d::Zero();  ///< rad/s, body
};

/// False when a number in it is not finite, or the orientation no rotation.
[[nodiscard]] bool is_valid(const Motion& motion);

/// Rotation by a vector's length about its direction.
[[nodiscard]] Eigen::Quaterniond rotation_of(const Eigen::Vector3d& vector);

/// Where it is at that time when it keeps its velocities; earlier times are as good.
[[nodiscard]] StampedPose predict(const Motion& motion, std::int64_t stamp_ns);

/// The last poses of a stream, to look up any instant between them. Fixed memory; never allocates.
class PoseHistory {
 public:
  /// Stamps must increase; false and nothing kept otherwise.
  bool add(const StampedPose& pose);
  /// Between the two poses around it, rotation by slerp; empty outside of what is kept.
  [[nodiscard]] std::optional<StampedPose> at(std::int64_t stamp_ns) const;
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const StampedPose& newest() const { return pose(count_ - 1); }  ///< not when empty
  [[nodiscard]] const StampedPose& oldest() const;                              ///< not when empty

 private:
  static constexpr std::size_t kCapacity = 512;  ///< poses; 2.5 s at 200 Hz
  [[nodiscard]] const StampedPose& pose(std::uint64_t index) const { return poses_[index % kCapacity]; }
  std::array<StampedPose, kCapacity> poses_;
  std::uint64_t count_ = 0;
};

}  // namespace xr
