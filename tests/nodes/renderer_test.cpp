// SPDX-License-Identifier: Apache-2.0
#include "renderer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace xr {
namespace {

using Eigen::Quaterniond;
using Eigen::Vector3d;
using testing::Each;
using testing::HasSubstr;

constexpr Camera kCamera{64, 48, 40, 40, 31.5, 23.5};

/// A wall at z = `depth` before a camera that looks along z, 8 m wide and 6 m high, its middle on the axis.
Rectangle wall_at(double depth, Texture texture) {
  return {{-4, -3, depth}, {8, 0, 0}, {0, 6, 0}, std::move(texture)};
}

Texture plain(std::uint8_t gray) { return {2, 2, {gray, gray, gray, gray}}; }

/// One dark texel per metre square at (column, row) of the wall, bright elsewhere; 10 texels per metre.
Texture with_dot(std::size_t column, std::size_t row) {
  Texture texture{80, 60, std::vector<std::uint8_t>(80 * 60, 200)};
  texture.texels[row * 80 + column] = 0;
  return texture;
}

std::vector<std::uint8_t> draw(const Scene& scene, const Vector3d& position = Vector3d::Zero(),
                               const Quaterniond& orientation = Quaterniond::Identity(),
                               const Camera& camera = kCamera) {
  std::vector<std::uint8_t> pixels(std::size_t{camera.width} * camera.height, 77);
  Renderer{camera, scene}.render(position, orientation, pixels);
  return pixels;
}

/// Centre of what is darker than the rest, in pixels.
Eigen::Vector2d dark_spot(const std::vector<std::uint8_t>& pixels, const Camera& camera) {
  Eigen::Vector2d sum = Eigen::Vector2d::Zero();
  double weight = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double dark = 200.0 - pixels[i];
    sum += dark * Eigen::Vector2d{i % camera.width, i / camera.width};
    weight += dark;
  }
  return sum / weight;
}

// A texel of a wall at 2 m is 8 of its pixels wide, so that the dot is large and round.
constexpr Camera kFine{320, 240, 160, 160, 159.5, 119.5};

TEST(Renderer, APixelShowsTheTextureWhereItsRayMeetsTheWall) {
  Texture ramp{80, 2, {}};
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 80; ++column) ramp.texels.push_back(static_cast<std::uint8_t>(2 * column));
  const auto pixels = draw({{{}, {wall_at(2, ramp)}}, {}});
  // Column 41.5 of the ray at z = 2: x = (u - 31.5) / 40 * 2 m; the texture has 10 texels per metre from x =
  // -4.
  for (const std::size_t u : {0, 20, 31, 50, 63}) {
    const double x = (static_cast<double>(u) - 31.5) / 40 * 2;
    EXPECT_NEAR(pixels[24 * 64 + u], 2 * ((x + 4) * 10 - 0.5), 1.0) << "column " << u;
  }
}

TEST(Renderer, APointIsSeenWhereThePinholeProjectsIt) {
  const auto pixels =
      draw({{{}, {wall_at(2, with_dot(46, 24))}}, {}}, Vector3d::Zero(), Quaterniond::Identity(), kFine);
  // The texel's centre: x = 46.5 / 10 - 4 = 0.65 m, y = 24.5 / 10 - 3 = -0.55 m.
  const auto spot = dark_spot(pixels, kFine);
  EXPECT_NEAR(spot.x(), 159.5 + 160 * 0.65 / 2, 0.05);
  EXPECT_NEAR(spot.y(), 119.5 - 160 * 0.55 / 2, 0.05);
}

TEST(Renderer, TheDisparityOfAPointIsFocalLengthTimesBaselineOverDepth) {
  const Scene scene{{{}, {wall_at(2, with_dot(40, 30))}}, {}};
  const auto left = draw(scene, Vector3d::Zero(), Quaterniond::Identity(), kFine);
  const auto right = draw(scene, {0.11, 0, 0}, Quaterniond::Identity(), kFine);
  const Eigen::Vector2d moved = dark_spot(left, kFine) - dark_spot(right, kFine);
  EXPECT_NEAR(moved.x(), 160 * 0.11 / 2, 0.05);
  EXPECT_NEAR(moved.y(), 0, 0.01);
}

TEST(Renderer, AYawMovesTheMiddleByFocalLengthTimesItsTangent) {
  const Scene scene{{{}, {wall_at(2, with_dot(40, 30))}}, {}};
  const Vector3d target{0.05, 0.05, 2};  // the texel's centre
  const double yaw = 0.2;
  const Quaterniond turned{
      Eigen::AngleAxisd{yaw, Vector3d::UnitY()}};  // to the right: the camera's y is down
  const auto spot = dark_spot(draw(scene, Vector3d::Zero(), turned, kFine), kFine);
  EXPECT_NEAR(spot.x(), 159.5 + 160 * std::tan(std::atan(target.x() / 2) - yaw), 0.1);
}

TEST(Renderer, NearThingsHideFarOnesInWhateverOrderTheyAreGiven) {
  const auto thing = [](double depth, std::uint8_t gray) {
    return Solid{{0, 0, depth}, {{{-1, -1, depth}, {2, 0, 0}, {0, 2, 0}, plain(gray)}}};
  };
  const Solid room{{}, {wall_at(4, plain(200))}};
  const auto a = draw({room, {thing(2, 20), thing(3, 90)}});
  const auto b = draw({room, {thing(3, 90), thing(2, 20)}});
  EXPECT_EQ(a, b);
  EXPECT_EQ(a[24 * 64 + 32], 20);
  EXPECT_EQ(a[24 * 64 + 2], 200);  // beside them
}

TEST(Renderer, WhatFacesAwayOrLiesBehindIsNotDrawn) {
  Rectangle away = wall_at(2, plain(9));
  std::swap(away.across, away.down);
  const Rectangle behind = wall_at(-2, plain(9));
  EXPECT_THAT(draw({{{}, {away, behind}}, {}}), Each(77));
}

/// A closed box around the camera, every wall its own gray.
Scene closed_room() {
  const Vector3d x{4, 0, 0}, y{0, 4, 0}, z{0, 0, 4}, least{-2, -2, -2}, most{2, 2, 2};
  Solid room;
  room.faces = {{least + z, x, y, plain(10)}, {least, y, x, plain(20)}, {least, z, y, plain(30)},
                {most - y, -z, y, plain(40)}, {least, x, z, plain(50)}, {most, -z, -x, plain(60)}};
  return {room, {}};
}

TEST(Renderer, NoPixelOfAClosedRoomIsLeftOut) {
  // 77 is what the pixels held before. Some of these would draw a wall from its outer side if it were wrong.
  for (int i = 0; i < 200; ++i) {
    const Quaterniond turned{
        Eigen::AngleAxisd{i * 0.37, Vector3d{std::sin(i), std::cos(2 * i), 0.3}.normalized()}};
    const auto pixels = draw(closed_room(), {0.3 * std::sin(i), 0.2, -0.4 * std::cos(i)}, turned);
    EXPECT_THAT(pixels, Each(testing::AnyOf(10, 20, 30, 40, 50, 60)));
  }
}

TEST(Renderer, ACameraInACornerOrOnAWallDrawsWithoutHarm) {
  for (const Vector3d& at :
       {Vector3d{2, 2, 2}, Vector3d{2, 0, 0}, Vector3d{-2, -2, 1.999999}, Vector3d{9, 9, 9}})
    EXPECT_EQ(draw(closed_room(), at).size(), 64U * 48);
}

TEST(Renderer, RefusesWhatItCannotDraw) {
  EXPECT_THROW((Renderer{kCamera, {{{}, {wall_at(2, {1, 1, {0}})}}, {}}}), std::invalid_argument);
  try {
    Renderer{kCamera, {{}, {{{}, {wall_at(2, {4, 4, {1, 2, 3}})}}}}};
    FAIL() << "a texture with too few texels was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("a texture of 4 x 4 with 3 texels"));
  }
  EXPECT_THROW((Renderer{kCamera, {{}, std::vector<Solid>(kMaxThings + 1)}}), std::invalid_argument);
}

}  // namespace
}  // namespace xr
