// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>

/// Where the cameras of a headset sit. Frame of a camera: z forward, x right, y down; of the body: the IMU's.
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

/// The cameras of the synthetic headset: side by side, both look along the body's x (z is up).
[[nodiscard]] inline StereoRig synthetic_rig() {
  Eigen::Matrix3d body_from_camera;
  body_from_camera << 0, 0, 1, -1, 0, 0, 0, -1, 0;
  const Eigen::Quaterniond forward{body_from_camera};
  return {{{0.06, kSyntheticBaseline / 2, 0.02}, forward}, {{0.06, -kSyntheticBaseline / 2, 0.02}, forward}};
}

}  // namespace xr
