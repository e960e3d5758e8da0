// SPDX-License-Identifier: Apache-2.0
#include "motion.hpp"

#include <cmath>

namespace xr {

bool is_valid(const Motion& motion) {
  return motion.pose.position.allFinite() && std::abs(motion.pose.orientation.norm() - 1) < 0.1 &&
         motion.velocity.allFinite() && motion.angular_velocity.allFinite();
}

Eigen::Quaterniond rotation_of(const Eigen::Vector3d& vector) {
  const double angle = vector.norm();
  if (angle < 1e-12) return Eigen::Quaterniond::Identity();
  return Eigen::Quaterniond{Eigen::AngleAxisd{angle, vector / angle}};
}

StampedPose predict(const Motion& motion, std::int64_t stamp_ns) {
  const double dt = 1e-9 * static_cast<double>(stamp_ns - motion.pose.stamp_ns);
  return {stamp_ns, motion.pose.position + dt * motion.velocity,
          (motion.pose.orientation * rotation_of(dt * motion.angular_velocity)).normalized()};
}

bool PoseHistory::add(const StampedPose& pose) {
  if (count_ > 0 && pose.stamp_ns <= newest().stamp_ns) return false;
  poses_[count_++ % kCapacity] = pose;
  return true;
}

const StampedPose& PoseHistory::oldest() const { return pose(count_ > kCapacity ? count_ - kCapacity : 0); }

std::optional<StampedPose> PoseHistory::at(std::int64_t stamp_ns) const {
  if (empty() || stamp_ns < oldest().stamp_ns || stamp_ns > newest().stamp_ns) return std::nullopt;
  // What is asked for is recent: from the newest backwards.
  std::uint64_t i = count_ - 1;
  while (pose(i).stamp_ns > stamp_ns) --i;
  const StampedPose& a = pose(i);
  if (a.stamp_ns == stamp_ns) return a;
  const StampedPose& b = pose(i + 1);
  const double s = static_cast<double>(stamp_ns - a.stamp_ns) / static_cast<double>(b.stamp_ns - a.stamp_ns);
  return StampedPose{stamp_ns, a.position + s * (b.position - a.position),
                     a.orientation.slerp(s, b.orientation)};
}

}  // namespace xr
