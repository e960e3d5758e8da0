// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nav_msgs/msg/odometry.hpp>
#include <xr_msgs/msg/predicted_pose.hpp>

#include "motion.hpp"
#include "pose_message.hpp"

/// Motion in messages: twists are along and about the body's axes.
namespace xr {

[[nodiscard]] inline StampedPose read_pose(const geometry_msgs::msg::PoseStamped& from) {
  return {stamp_ns(from.header.stamp), to_eigen(from.pose.position),
          to_eigen(from.pose.orientation).normalized()};
}

[[nodiscard]] inline Motion read_motion(std::int64_t stamp, const geometry_msgs::msg::Pose& pose,
                                        const geometry_msgs::msg::Twist& twist) {
  const Eigen::Quaterniond orientation = to_eigen(pose.orientation).normalized();
  return {{stamp, to_eigen(pose.position), orientation},
          orientation * to_eigen(twist.linear),
          to_eigen(twist.angular)};
}
inline void write_motion(const Motion& from, geometry_msgs::msg::Pose& pose,
                         geometry_msgs::msg::Twist& twist) {
  from_eigen(from.pose.position, pose.position);
  from_eigen(from.pose.orientation, pose.orientation);
  from_eigen(Eigen::Vector3d{from.pose.orientation.conjugate() * from.velocity}, twist.linear);
  from_eigen(from.angular_velocity, twist.angular);
}

[[nodiscard]] inline Motion read_motion(const nav_msgs::msg::Odometry& from) {
  return read_motion(stamp_ns(from.header.stamp), from.pose.pose, from.twist.twist);
}
inline void write_odometry(const Motion& from, nav_msgs::msg::Odometry& to) {
  set_stamp_ns(to.header.stamp, from.pose.stamp_ns);
  to.header.frame_id = "world";
  to.child_frame_id = "imu";
  write_motion(from, to.pose.pose, to.twist.twist);
}

[[nodiscard]] inline Motion read_motion(const xr_msgs::msg::PredictedPose& from) {
  return read_motion(stamp_ns(from.display_time), from.pose, from.twist);
}
/// `from` is the motion at the display time; `origin_ns` is the stamp of what it was predicted from.
inline void write_prediction(const Motion& from, std::int64_t origin_ns, xr_msgs::msg::PredictedPose& to) {
  set_stamp_ns(to.header.stamp, origin_ns);
  to.header.frame_id = "world";
  set_stamp_ns(to.display_time, from.pose.stamp_ns);
  write_motion(from, to.pose, to.twist);
}

}  // namespace xr
