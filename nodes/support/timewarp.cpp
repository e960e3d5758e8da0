// SPDX-License-Identifier: Apache-2.0
#include "timewarp.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace xr {
namespace {

constexpr std::int32_t kOne = 1 << 16;
/// Corners further out than this are treated as not seen, so that 16.16 never overflows.
constexpr double kFarthestPixel = 16000;

std::int32_t between(std::int32_t a, std::int32_t b, std::uint32_t part, std::uint32_t whole) {
  return a + static_cast<std::int32_t>((std::int64_t{b} - a) * part / whole);
}

/// Bilinear, weights of 8 bits; (u, v) lies at least a pixel inside of the picture.
template <std::uint32_t Channels>
void sample_inside(const Picture& in, std::int32_t u, std::int32_t v, std::uint8_t* out) {
  const auto wu = static_cast<std::uint32_t>(u >> 8) & 0xff, wv = static_cast<std::uint32_t>(v >> 8) & 0xff;
  const std::uint8_t* top =
      in.pixels + static_cast<std::size_t>(v >> 16) * in.step + static_cast<std::size_t>(u >> 16) * Channels;
  const std::uint8_t* bottom = top + in.step;
  for (std::uint32_t c = 0; c < Channels; ++c) {
    const std::uint32_t upper = top[c] * (256 - wu) + top[c + Channels] * wu;
    const std::uint32_t lower = bottom[c] * (256 - wu) + bottom[c + Channels] * wu;
    out[c] = static_cast<std::uint8_t>((upper * (256 - wv) + lower * wv + 0x8000) >> 16);
  }
}

/// Anywhere: black outside, the outermost half pixel repeats the border.
template <std::uint32_t Channels>
void sample_anywhere(const Picture& in, std::int32_t u, std::int32_t v, std::uint8_t* out) {
  const auto most_u = static_cast<std::int32_t>(in.width - 1) * kOne;
  const auto most_v = static_cast<std::int32_t>(in.height - 1) * kOne;
  if (u < -kOne / 2 || v < -kOne / 2 || u > most_u + kOne / 2 || v > most_v + kOne / 2) {
    std::memset(out, 0, Channels);
    return;
  }
  u = std::clamp(u, 0, most_u);
  v = std::clamp(v, 0, most_v);
  const auto wu = static_cast<std::uint32_t>(u >> 8) & 0xff, wv = static_cast<std::uint32_t>(v >> 8) & 0xff;
  const std::size_t right = u < most_u ? Channels : 0, down = v < most_v ? in.step : 0;
  const std::uint8_t* top =
      in.pixels + static_cast<std::size_t>(v >> 16) * in.step + static_cast<std::size_t>(u >> 16) * Channels;
  for (std::uint32_t c = 0; c < Channels; ++c) {
    const std::uint32_t upper = top[c] * (256 - wu) + top[c + right] * wu;
    const std::uint32_t lower = top[c + down] * (256 - wu) + top[c + down + right] * wu;
    out[c] = static_cast<std::uint8_t>((upper * (256 - wv) + lower * wv + 0x8000) >> 16);
  }
}

}  // namespace

Timewarp::Timewarp(const Display& display)
    : display_{display},
      columns_{(display.width + kCell - 1) / kCell + 1},
      rows_{(display.height + kCell - 1) / kCell + 1},
      corners_(std::size_t{columns_} * rows_) {
  rays_.reserve(corners_.size());
  for (std::uint32_t row = 0; row < rows_; ++row) {
    for (std::uint32_t column = 0; column < columns_; ++column)
      rays_.push_back(ray(column * kCell, row * kCell));
  }
}

void Timewarp::set_camera(const Camera& camera) {
  camera_ = camera;
  largest_squared_radius_ = camera.largest_squared_radius();
}

Eigen::Vector3d Timewarp::ray(double column, double row) const {
  const double focal = 0.5 * display_.width / std::tan(0.5 * display_.field_of_view);
  const double x = (column - 0.5 * (display_.width - 1)) / focal;
  const double y = (row - 0.5 * (display_.height - 1)) / focal;
  const double r2 = x * x + y * y;
  const double lens = 1 + r2 * (display_.k1 + r2 * display_.k2);
  return {lens * x, lens * y, 1};
}

bool Timewarp::land(const Eigen::Vector3d& direction, Eigen::Vector2d& pixel) const {
  if (direction.z() < 0.05) return false;
  const double x = direction.x() / direction.z(), y = direction.y() / direction.z();
  if (x * x + y * y > largest_squared_radius_) return false;
  pixel = camera_.project(direction);
  return std::abs(pixel.x()) < kFarthestPixel && std::abs(pixel.y()) < kFarthestPixel;
}

bool Timewarp::trace(const Eigen::Matrix3d& turn, double column, double row, Eigen::Vector2d& pixel) const {
  return land(turn * ray(column, row), pixel);
}

void Timewarp::trace_corners(const Eigen::Matrix3d& turn) {
  for (std::size_t i = 0; i < rays_.size(); ++i) {
    Eigen::Vector2d pixel;
    Corner& corner = corners_[i];
    corner.seen = land(turn * rays_[i], pixel);
    if (!corner.seen) continue;
    corner.u = static_cast<std::int32_t>(std::lround(pixel.x() * kOne));
    corner.v = static_cast<std::int32_t>(std::lround(pixel.y() * kOne));
  }
}

void Timewarp::warp(const Eigen::Matrix3d& turn, const Picture& in, std::span<std::uint8_t> out) {
  trace_corners(turn);
  if (in.channels == 3)
    fill<3>(in, out.data());
  else
    fill<1>(in, out.data());
}

template <std::uint32_t Channels>
void Timewarp::fill(const Picture& in, std::uint8_t* out) const {
  for (std::uint32_t row = 0; row + 1 < rows_; ++row) {
    const Corner* top = &corners_[std::size_t{row} * columns_];
    for (std::uint32_t column = 0; column + 1 < columns_; ++column)
      fill_cell<Channels>(in, top + column, top + columns_ + column, column * kCell, row * kCell, out);
  }
}

template <std::uint32_t Channels>
void Timewarp::fill_cell(const Picture& in, const Corner* top, const Corner* bottom, std::uint32_t x,
                         std::uint32_t y, std::uint8_t* out) const {
  const std::uint32_t width = std::min(kCell, display_.width - x),
                      height = std::min(kCell, display_.height - y);
  const auto [least_u, most_u] = std::minmax({top[0].u, top[1].u, bottom[0].u, bottom[1].u});
  const auto [least_v, most_v] = std::minmax({top[0].v, top[1].v, bottom[0].v, bottom[1].v});
  const bool seen = top[0].seen && top[1].seen && bottom[0].seen && bottom[1].seen;
  const bool inside = least_u >= kOne && least_v >= kOne &&
                      most_u < static_cast<std::int32_t>(in.width - 2) * kOne &&
                      most_v < static_cast<std::int32_t>(in.height - 2) * kOne;
  for (std::uint32_t row = 0; row < height; ++row) {
    std::uint8_t* to = out + (std::size_t{y + row} * display_.width + x) * Channels;
    if (!seen) {
      std::memset(to, 0, std::size_t{width} * Channels);
      continue;
    }
    std::int32_t u = between(top[0].u, bottom[0].u, row, kCell),
                 v = between(top[0].v, bottom[0].v, row, kCell);
    const std::int32_t du =
        (between(top[1].u, bottom[1].u, row, kCell) - u) / static_cast<std::int32_t>(kCell);
    const std::int32_t dv =
        (between(top[1].v, bottom[1].v, row, kCell) - v) / static_cast<std::int32_t>(kCell);
    for (std::uint32_t column = 0; column < width; ++column, to += Channels, u += du, v += dv) {
      if (inside)
        sample_inside<Channels>(in, u, v, to);
      else
        sample_anywhere<Channels>(in, u, v, to);
    }
  }
}

}  // namespace xr
