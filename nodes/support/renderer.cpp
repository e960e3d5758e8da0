// SPDX-License-Identifier: Apache-2.0
#include "renderer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace xr {
namespace {

/// value(column, row) = at * column + per_row * row + start
struct Plane {
  double per_column, per_row, start;
};

/// A rectangle as the camera sees it: the inverse depth of a pixel's ray and, times the inverse depth, where
/// on the rectangle it arrives, (0, 0) to (1, 1).
struct View {
  Plane inverse_depth, across, down;
};

/// Linear in the column: on one row.
struct Line {
  double slope, start;
  double at(double column) const { return slope * column + start; }
};
Line operator-(const Line& a, const Line& b) { return {a.slope - b.slope, a.start - b.start}; }

Line on_row(const Plane& plane, double row) { return {plane.per_column, plane.per_row * row + plane.start}; }

View view_of(const Rectangle& face, const Camera& camera, const Eigen::Vector3d& position,
             const Eigen::Matrix3d& orientation) {
  const Eigen::Vector3d right = orientation.col(0) / camera.fx;
  const Eigen::Vector3d below = orientation.col(1) / camera.fy;
  const Eigen::Vector3d first = orientation.col(2) - camera.cx * right - camera.cy * below;
  const Eigen::Vector3d from_corner = position - face.corner;
  const Eigen::Vector3d normal = face.across.cross(face.down).normalized();
  const auto plane = [&](const Eigen::Vector3d& axis) {
    return Plane{axis.dot(right), axis.dot(below), axis.dot(first)};
  };
  View view;
  view.inverse_depth = plane(normal / -normal.dot(from_corner));
  const auto along = [&](const Eigen::Vector3d& side) {
    const Eigen::Vector3d axis = side / side.squaredNorm();
    Plane result = plane(axis);
    const double offset = axis.dot(from_corner);
    result.per_column += offset * view.inverse_depth.per_column;
    result.per_row += offset * view.inverse_depth.per_row;
    result.start += offset * view.inverse_depth.start;
    return result;
  };
  view.across = along(face.across);
  view.down = along(face.down);
  return view;
}

/// Columns [first, end).
struct Span {
  double first, end;
  void keep_where_positive(const Line& line) {
    if (line.slope > 0)
      first = std::max(first, -line.start / line.slope);
    else if (line.slope < 0)
      end = std::min(end, -line.start / line.slope);
    else if (line.start < 0)
      end = first - 1;
  }
};

/// Where on the texture the pixels of a span lie, in 1/256 texel.
constexpr int kFraction = 8;
constexpr std::size_t kChunk = 128;
struct Coordinates {
  alignas(32) std::array<std::int32_t, kChunk> column, row;
};

/// One row of a face: coordinates are linear over linear, from pixel to pixel.
struct RowOfFace {
  Line inverse_depth, across, down;  ///< `across` and `down` in 1/256 texel
  float most_column, most_row;       ///< largest coordinate with a neighbour behind it, in 1/256 texel
  const Texture& texture;

  void coordinates(double first, std::size_t count, Coordinates& to) const noexcept {
    const float depth_start = static_cast<float>(inverse_depth.at(first)),
                depth_slope = static_cast<float>(inverse_depth.slope);
    const float across_start = static_cast<float>(across.at(first)),
                across_slope = static_cast<float>(across.slope);
    const float down_start = static_cast<float>(down.at(first)), down_slope = static_cast<float>(down.slope);
    for (std::size_t i = 0; i < count; ++i) {
      const float n = static_cast<float>(static_cast<std::int32_t>(i));
      const float depth = 1.0F / (depth_start + depth_slope * n);
      float x = (across_start + across_slope * n) * depth;
      float y = (down_start + down_slope * n) * depth;
      x = x > 0 ? x : 0;
      y = y > 0 ? y : 0;
      to.column[i] = static_cast<std::int32_t>(x < most_column ? x : most_column);
      to.row[i] = static_cast<std::int32_t>(y < most_row ? y : most_row);
    }
  }

  void sample(const Coordinates& from, std::size_t count, std::uint8_t* pixels) const noexcept {
    constexpr int kMask = (1 << kFraction) - 1;
    const std::uint8_t* texels = texture.texels.data();
    const std::size_t stride = texture.width;
    for (std::size_t i = 0; i < count; ++i) {
      const int x = from.column[i] & kMask, y = from.row[i] & kMask;
      const std::uint8_t* t = texels + static_cast<std::size_t>(from.row[i] >> kFraction) * stride +
                              static_cast<std::size_t>(from.column[i] >> kFraction);
      const int above = (t[0] << kFraction) + x * (t[1] - t[0]);
      const int below = (t[stride] << kFraction) + x * (t[stride + 1] - t[stride]);
      pixels[i] = static_cast<std::uint8_t>(((above << kFraction) + y * (below - above)) >> (2 * kFraction));
    }
  }

  void draw(std::size_t first, std::size_t end, std::uint8_t* row) const noexcept {
    Coordinates chunk;
    for (std::size_t column = first; column < end; column += kChunk) {
      const std::size_t count = std::min(kChunk, end - column);
      coordinates(static_cast<double>(column), count, chunk);
      sample(chunk, count, row + column);
    }
  }
};

/// Texture coordinate of the edges: texel centres lie at a half.
Line in_texels(const Line& line, const Line& inverse_depth, std::uint32_t size) {
  const double scale = static_cast<double>(size) * (1 << kFraction), half = 0.5 * (1 << kFraction);
  return Line{scale * line.slope, scale * line.start} -
         Line{half * inverse_depth.slope, half * inverse_depth.start};
}

float last_texel(std::uint32_t size) { return static_cast<float>((size - 1) << kFraction) - 1.0F; }

void draw_row(const Rectangle& face, const View& view, double row, std::uint32_t width,
              std::uint8_t* pixels) noexcept {
  // Neighbours overlap by this much rather than leave a pixel between them empty.
  constexpr double kOverlap = 1e-3, kFarthest = 1e-4;
  const Line depth = on_row(view.inverse_depth, row), across = on_row(view.across, row),
             down = on_row(view.down, row);
  Span span{-kOverlap, static_cast<double>(width) - 0.5};
  span.keep_where_positive(depth - Line{0, kFarthest});
  span.keep_where_positive(across);
  span.keep_where_positive(depth - across);
  span.keep_where_positive(down);
  span.keep_where_positive(depth - down);
  const double first = std::ceil(span.first - kOverlap), end = std::floor(span.end + kOverlap) + 1;
  if (!(first < end)) return;
  const RowOfFace pixels_of{depth,
                            in_texels(across, depth, face.texture.width),
                            in_texels(down, depth, face.texture.height),
                            last_texel(face.texture.width),
                            last_texel(face.texture.height),
                            face.texture};
  pixels_of.draw(static_cast<std::size_t>(std::max(first, 0.0)),
                 static_cast<std::size_t>(std::min(end, static_cast<double>(width))), pixels);
}

bool faces(const Rectangle& face, const Eigen::Vector3d& position) {
  return face.across.cross(face.down).dot(position - face.corner) < -1e-9;
}

void check(const Solid& solid) {
  for (const auto& face : solid.faces) {
    const auto& [width, height, texels] = face.texture;
    if (width < 2 || height < 2 || texels.size() != std::size_t{width} * height)
      throw std::invalid_argument{"a texture of " + std::to_string(width) + " x " + std::to_string(height) +
                                  " with " + std::to_string(texels.size()) + " texels cannot be drawn"};
  }
}

}  // namespace

Renderer::Renderer(const Camera& camera, Scene scene) : camera_{camera}, scene_{std::move(scene)} {
  if (scene_.things.size() > kMaxThings)
    throw std::invalid_argument{"a scene of " + std::to_string(scene_.things.size()) + " things: at most " +
                                std::to_string(kMaxThings)};
  check(scene_.room);
  std::ranges::for_each(scene_.things, check);
}

void Renderer::render(const Eigen::Vector3d& position, const Eigen::Quaterniond& orientation,
                      std::span<std::uint8_t> pixels) const noexcept {
  const Eigen::Matrix3d rotation = orientation.toRotationMatrix();
  draw(scene_.room, position, rotation, pixels);
  std::array<const Solid*, kMaxThings> order{};
  const std::span<const Solid*> things{order.data(), scene_.things.size()};
  std::ranges::transform(scene_.things, things.begin(), [](const Solid& thing) { return &thing; });
  std::ranges::sort(things, std::ranges::greater{},
                    [&](const Solid* thing) { return (thing->centre - position).squaredNorm(); });
  for (const Solid* thing : things) draw(*thing, position, rotation, pixels);
}

void Renderer::draw(const Solid& solid, const Eigen::Vector3d& position, const Eigen::Matrix3d& orientation,
                    std::span<std::uint8_t> pixels) const noexcept {
  for (const auto& face : solid.faces) {
    if (!faces(face, position)) continue;
    const View view = view_of(face, camera_, position, orientation);
    for (std::uint32_t row = 0; row < camera_.height; ++row)
      draw_row(face, view, row, camera_.width, pixels.data() + std::size_t{row} * camera_.width);
  }
}

}  // namespace xr
