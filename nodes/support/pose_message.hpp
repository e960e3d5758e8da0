// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <cstdint>
#include <geometry_msgs/msg/pose_stamped.hpp>
#include <sensor_msgs/msg/imu.hpp>

#include "integrator.hpp"

/// Between Eigen and messages.
namespace xr {

template <typename Stamp>
[[nodiscard]] std::int64_t stamp_ns(const Stamp& stamp) {
  return std::int64_t{stamp.sec} * 1'000'000'000 + stamp.nanosec;
}
template <typename Stamp>
void set_stamp_ns(Stamp& stamp, std::int64_t ns) {
  stamp.sec = static_cast<std::int32_t>(ns / 1'000'000'000);
  stamp.nanosec = static_cast<std::uint32_t>(ns % 1'000'000'000);
}

template <typename Vector>
[[nodiscard]] Eigen::Vector3d to_eigen(const Vector& v) {
  return {v.x, v.y, v.z};
}
[[nodiscard]] inline Eigen::Quaterniond to_eigen(const geometry_msgs::msg::Quaternion& q) {
  return {q.w, q.x, q.y, q.z};
}

template <typename Vector>
void from_eigen(const Eigen::Vector3d& from, Vector& to) {
  to.x = from.x();
  to.y = from.y();
  to.z = from.z();
}
inline void from_eigen(const Eigen::Quaterniond& from, geometry_msgs::msg::Quaternion& to) {
  to.w = from.w();
  to.x = from.x();
  to.y = from.y();
  to.z = from.z();
}

inline void write_pose(std::int64_t ns, const Eigen::Vector3d& position,
                       const Eigen::Quaterniond& orientation, geometry_msgs::msg::PoseStamped& to) {
  set_stamp_ns(to.header.stamp, ns);
  to.header.frame_id = "world";
  from_eigen(position, to.pose.position);
  from_eigen(orientation, to.pose.orientation);
}

inline void write_imu(const ImuSample& from, sensor_msgs::msg::Imu& to) {
  set_stamp_ns(to.header.stamp, from.stamp_ns);
  to.header.frame_id = "imu";
  to.orientation_covariance[0] = -1;  // no orientation
  from_eigen(from.angular_velocity, to.angular_velocity);
  from_eigen(from.linear_acceleration, to.linear_acceleration);
}

}  // namespace xr
