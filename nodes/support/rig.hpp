// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <string_view>
#include <tf2_msgs/msg/tf_message.hpp>

#include "pose_message.hpp"

/// Where the cameras of a headset sit. Frame of a camera: z forward, x right, y down; of the body (the IMU):
/// x forward, z up.
namespace xr {

/// Where a sensor sits on the body (T_BS): p_body = orientation * p_sensor + position.
struct SensorPose {
  Eigen::Vector3d position = Eigen::Vector3d::Zero();               ///< m
  Eigen::Quaterniond orientation = Eigen::Quaterniond::Identity();  ///< sensor to body
};

struct StereoRig {
  SensorPose left, right;
};

inline constexpr double kSyntheticBaseline = 0.11;  ///< m

/// The cameras of the synthetic headset: side by side, both look along the body's x.
[[nodiscard]] inline StereoRig synthetic_rig() {
  Eigen::Matrix3d body_from_camera;
  body_from_camera << 0, 0, 1, -1, 0, 0, 0, -1, 0;
  const Eigen::Quaterniond forward{body_from_camera};
  return {{{0.06, kSyntheticBaseline / 2, 0.02}, forward}, {{0.06, -kSyntheticBaseline / 2, 0.02}, forward}};
}

inline constexpr std::size_t kRigBytes = 2048;  ///< max_bytes of a rig as a message

/// As on /tf_static: parent `imu`, children `camera_left` and `camera_right`.
inline void write_rig(std::int64_t ns, const StereoRig& rig, tf2_msgs::msg::TFMessage& to) {
  to.transforms.resize(2);
  const auto write = [&](std::size_t index, std::string_view child, const SensorPose& pose) {
    auto& transform = to.transforms[index];
    set_stamp_ns(transform.header.stamp, ns);
    transform.header.frame_id = "imu";
    transform.child_frame_id = child;
    from_eigen(pose.position, transform.transform.translation);
    from_eigen(pose.orientation, transform.transform.rotation);
  };
  write(0, "camera_left", rig.left);
  write(1, "camera_right", rig.right);
}

}  // namespace xr
