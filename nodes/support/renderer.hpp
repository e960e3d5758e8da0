// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <cstdint>
#include <span>
#include <vector>

#include "camera.hpp"

namespace xr {

/// Gray values, rows from the top.
struct Texture {
  std::uint32_t width = 0, height = 0;  ///< texels, at least 2 each
  std::vector<std::uint8_t> texels;
};

/// A textured rectangle in the world, seen from the side that across x down points away from. The texture's
/// columns run along `across`, its rows along `down`.
struct Rectangle {
  Eigen::Vector3d corner;        ///< m, world: where the texture begins
  Eigen::Vector3d across, down;  ///< m, perpendicular: its sides
  Texture texture;
};

/// Rectangles of which none hides another from where the camera may be: the walls of a room from inside, the
/// faces of a box from outside.
struct Solid {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  ///< m
  std::vector<Rectangle> faces;
};

/// What there is to see. Things are drawn over the room, the far ones first.
struct Scene {
  Solid room;
  std::vector<Solid> things;  ///< at most kMaxThings
};
inline constexpr std::size_t kMaxThings = 16;

/// Draws a scene of rectangles as a pinhole camera sees it. On a row of the image everything about a
/// rectangle is linear in the column once divided by the depth: its edges give the span of columns by a
/// division each, a pixel costs one division and four texels. The camera's distortion is left out.
class Renderer {
 public:
  /// Allocates. Throws std::invalid_argument when there are too many things or a texture is too small.
  Renderer(const Camera& camera, Scene scene);

  /// Pixels, rows from the top: exactly width * height. `orientation`: camera to world. Neither blocks nor
  /// allocates.
  void render(const Eigen::Vector3d& position, const Eigen::Quaterniond& orientation,
              std::span<std::uint8_t> pixels) const noexcept;

  [[nodiscard]] const Camera& camera() const noexcept { return camera_; }

 private:
  void draw(const Solid& solid, const Eigen::Vector3d& position, const Eigen::Matrix3d& orientation,
            std::span<std::uint8_t> pixels) const noexcept;

  Camera camera_;
  Scene scene_;
};

}  // namespace xr
