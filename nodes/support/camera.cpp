// SPDX-License-Identifier: Apache-2.0
#include "camera.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace xr {

Eigen::Vector2d Camera::project(const Eigen::Vector3d& point) const {
  const double x = point.x() / point.z(), y = point.y() / point.z();
  const double r2 = x * x + y * y;
  const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const double xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
  const double yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
  return {fx * xd + cx, fy * yd + cy};
}

// The first radius at which r * (1 + k1 r^2 + k2 r^4 + k3 r^6) stops growing, by small steps: set-up only.
double Camera::largest_squared_radius() const {
  constexpr double kStep = 0.01, kFar = 20;
  for (double r2 = kStep; r2 < kFar; r2 += kStep) {
    if (1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3)) <= 0) return r2 - kStep;
  }
  return std::numeric_limits<double>::infinity();
}

const char* defect_of(const sensor_msgs::msg::CameraInfo& info) {
  if (info.width == 0 || info.height == 0) return "camera_info has no size";
  const std::string_view model = info.distortion_model;
  if (!model.empty() && model != "plumb_bob")
    return "camera_info has a distortion model that is not plumb_bob";
  if (info.d.size() > 5) return "camera_info has more than five coefficients of plumb_bob";
  const auto infinite = [](double value) { return !std::isfinite(value); };
  if (std::ranges::any_of(info.k, infinite) || std::ranges::any_of(info.d, infinite))
    return "camera_info holds a number that is not finite";
  if (info.k[0] <= 0 || info.k[4] <= 0) return "camera_info has no focal length";
  return nullptr;
}

Camera camera_from(const sensor_msgs::msg::CameraInfo& info) {
  std::array<double, 5> d{};
  std::ranges::copy(info.d, d.begin());
  return {info.width, info.height, info.k[0], info.k[4], info.k[2], info.k[5], d[0], d[1], d[2], d[3], d[4]};
}

void write_camera_info(const Camera& from, sensor_msgs::msg::CameraInfo& to) {
  to.width = from.width;
  to.height = from.height;
  to.distortion_model = "plumb_bob";
  to.d = {from.k1, from.k2, from.p1, from.p2, from.k3};
  to.k = {from.fx, 0, from.cx, 0, from.fy, from.cy, 0, 0, 1};
  to.r = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  to.p = {from.fx, 0, from.cx, 0, 0, from.fy, from.cy, 0, 0, 0, 1, 0};
}

}  // namespace xr
