// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "camera.hpp"

namespace xr {

/// A display behind a lens, its axes as a camera's: z forward, x right, y down.
struct Display {
  std::uint32_t width = 640;    ///< pixels
  std::uint32_t height = 480;   ///< pixels
  double field_of_view = 1.22;  ///< rad, horizontal, before the lens
  /// A pixel at radius r (at z = 1) is seen through the lens at r * (1 + k1 r^2 + k2 r^4).
  double k1 = 0, k2 = 0;
};

/// Pixels of somebody else: rows from the top, `step` bytes apart, `channels` bytes per pixel (1 or 3).
struct Picture {
  std::uint32_t width, height, step, channels;
  const std::uint8_t* pixels;
};

/// Rotational reprojection: what a camera saw, as seen through the display after a turn of the head. The
/// exact way of a ray through the lens, the turn and the camera's distortion is computed at the corners of
/// cells of 16 x 16 pixels and interpolated inside of them; pixels are sampled bilinearly. What the camera
/// did not see is black. Memory is taken by the constructor; warp() neither allocates nor blocks.
class Timewarp {
 public:
  explicit Timewarp(const Display& display);

  void set_camera(const Camera& camera);
  [[nodiscard]] const Camera& camera() const { return camera_; }

  /// `turn` takes a direction of the display into the camera's frame at its capture. `in` has the camera's
  /// size; `out` holds width * height * channels bytes of the display, without padding.
  void warp(const Eigen::Matrix3d& turn, const Picture& in, std::span<std::uint8_t> out);

  /// Where the centre of a display pixel lies in the camera's picture, exactly; false when it was not in
  /// front of the camera.
  [[nodiscard]] bool trace(const Eigen::Matrix3d& turn, double column, double row,
                           Eigen::Vector2d& pixel) const;

 private:
  static constexpr std::uint32_t kCell = 16;  ///< pixels
  /// A corner of a cell: pixels of the camera, 16.16 fixed point.
  struct Corner {
    std::int32_t u, v;
    bool seen;
  };

  [[nodiscard]] Eigen::Vector3d ray(double column, double row) const;
  [[nodiscard]] bool land(const Eigen::Vector3d& direction, Eigen::Vector2d& pixel) const;
  void trace_corners(const Eigen::Matrix3d& turn);
  template <std::uint32_t Channels>
  void fill(const Picture& in, std::uint8_t* out) const;
  template <std::uint32_t Channels>
  void fill_cell(const Picture& in, const Corner* top, const Corner* bottom, std::uint32_t x, std::uint32_t y,
                 std::uint8_t* out) const;

  Display display_;
  Camera camera_;
  double largest_squared_radius_ = 0;
  std::uint32_t columns_, rows_;  ///< of corners
  std::vector<Eigen::Vector3d> rays_;
  std::vector<Corner> corners_;
};

}  // namespace xr
