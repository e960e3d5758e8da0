// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <sensor_msgs/msg/camera_info.hpp>

namespace xr {

/// A pinhole camera with the distortion that CameraInfo calls plumb_bob. Camera frame: z forward, x right, y
/// down.
struct Camera {
  std::uint32_t width = 0;   ///< pixels
  std::uint32_t height = 0;  ///< pixels
  double fx = 1, fy = 1;     ///< pixels
  double cx = 0, cy = 0;     ///< pixels; the centre of the first pixel is (0, 0)
  double k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0;

  /// Where a point in front of the camera (z > 0) lands, in pixels; it may lie outside of the picture.
  [[nodiscard]] Eigen::Vector2d project(const Eigen::Vector3d& point) const;
  /// Beyond this squared radius (x^2 + y^2 at z = 1) the distortion polynomial folds back and no longer means
  /// anything.
  [[nodiscard]] double largest_squared_radius() const;

  friend bool operator==(const Camera&, const Camera&) = default;
};

/// Why it is no calibration of this kind: no size, no focal length, another distortion model; nullptr when it
/// is.
[[nodiscard]] const char* defect_of(const sensor_msgs::msg::CameraInfo& info);
/// Of one without a defect.
[[nodiscard]] Camera camera_from(const sensor_msgs::msg::CameraInfo& info);

/// K, D (plumb_bob), P = [K 0] and size; the header is the caller's. Needs room for five coefficients.
void write_camera_info(const Camera& from, sensor_msgs::msg::CameraInfo& to);

}  // namespace xr
