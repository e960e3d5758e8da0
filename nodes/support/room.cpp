// SPDX-License-Identifier: Apache-2.0
#include "room.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <random>

namespace xr {
namespace {

using Eigen::Vector3d;

constexpr double kBack = -2.5, kFront = 3.5, kSide = 3.0, kHeight = 2.7;  // m

/// Paints a wall in metres from its upper left corner.
class Canvas {
 public:
  Canvas(double width, double height, int gray, std::mt19937_64& random, double texels_per_metre = 125)
      : scale_{texels_per_metre},
        random_{random},
        image_{static_cast<int>(std::lround(height * scale_)), static_cast<int>(std::lround(width * scale_)),
               CV_8U, cv::Scalar::all(gray)} {}

  [[nodiscard]] double width() const { return image_.cols / scale_; }
  [[nodiscard]] double height() const { return image_.rows / scale_; }
  double random(double least, double most) {
    return std::uniform_real_distribution<double>{least, most}(random_);
  }
  int gray(int least, int most) { return static_cast<int>(random(least, most + 0.999)); }

  void box(double x, double y, double w, double h, int gray) {
    cv::rectangle(image_, cv::Rect{texel(x, y), cv::Size{length(w), length(h)}}, cv::Scalar::all(gray),
                  cv::FILLED);
  }
  void disc(double x, double y, double radius, int gray) {
    cv::circle(image_, texel(x, y), length(radius), cv::Scalar::all(gray), cv::FILLED, cv::LINE_AA);
  }
  void line(double x0, double y0, double x1, double y1, double thick, int gray) {
    cv::line(image_, texel(x0, y0), texel(x1, y1), cv::Scalar::all(gray), std::max(1, length(thick)),
             cv::LINE_AA);
  }
  void triangle(double x0, double y0, double x1, double y1, double x2, double y2, int gray) {
    const std::array<cv::Point, 3> corners{texel(x0, y0), texel(x1, y1), texel(x2, y2)};
    cv::fillConvexPoly(image_, corners.data(), 3, cv::Scalar::all(gray), cv::LINE_AA);
  }
  void text(double x, double y, double size, int gray, const char* words) {
    cv::putText(image_, words, texel(x, y), cv::FONT_HERSHEY_TRIPLEX, size * scale_ / 30,
                cv::Scalar::all(gray), std::max(1, length(size / 16)), cv::LINE_AA);
  }

  /// Grain, light that comes from `light_x` along the wall, darker towards the edges; then as a texture.
  Texture finish(double grain, double light_x, double ambient = 0.7) {
    cv::GaussianBlur(image_, image_, {3, 3}, 0.6);
    std::normal_distribution<double> normal{0, grain};
    for (int row = 0; row < image_.rows; ++row) {
      auto* texels = image_.ptr<std::uint8_t>(row);
      for (int column = 0; column < image_.cols; ++column) {
        const double light = light_at(column / scale_, row / scale_, light_x, ambient);
        texels[column] = cv::saturate_cast<std::uint8_t>(light * (texels[column] + normal(random_)));
      }
    }
    return {static_cast<std::uint32_t>(image_.cols),
            static_cast<std::uint32_t>(image_.rows),
            {image_.data, image_.data + image_.total()}};
  }

 private:
  [[nodiscard]] cv::Point texel(double x, double y) const {
    return {static_cast<int>(std::lround(x * scale_)), static_cast<int>(std::lround(y * scale_))};
  }
  [[nodiscard]] int length(double metres) const { return static_cast<int>(std::lround(metres * scale_)); }
  [[nodiscard]] double light_at(double x, double y, double light_x, double ambient) const {
    const double edge = std::min(std::min(x, width() - x), std::min(y, height() - y));
    const double corner = 1 - 0.3 * std::exp(-edge / 0.25);
    const double away = (x - light_x) / 2.5;
    return corner * (ambient + (1.05 - ambient) * std::exp(-away * away));
  }

  double scale_;
  std::mt19937_64& random_;
  cv::Mat image_;
};

// ---- furniture -------------------------------------------------------------------------------------------

void paint_window(Canvas& wall, double x, double y, double w, double h) {
  wall.box(x - 0.06, y - 0.06, w + 0.12, h + 0.12, 235);
  for (int i = 0; i < 24; ++i) wall.box(x, y + h * i / 24, w, h / 24 + 0.01, 225 - 2 * i);
  wall.disc(x + 0.75 * w, y + 0.25 * h, 0.09, 252);
  for (int hill = 0; hill < 5; ++hill) {
    const double left = x + w * wall.random(0, 0.6),
                 right = std::min(x + w, left + w * wall.random(0.3, 0.6));
    wall.triangle(left, y + h, (left + right) / 2, y + h * wall.random(0.45, 0.75), right, y + h,
                  wall.gray(70, 130));
  }
  wall.line(x + w / 2, y, x + w / 2, y + h, 0.04, 240);
  wall.line(x, y + h / 2, x + w, y + h / 2, 0.03, 240);
  wall.box(x - 0.1, y + h + 0.05, w + 0.2, 0.05, 245);
  wall.box(x - 0.1, y + h + 0.1, w + 0.2, 0.015, 90);
}

void paint_chessboard(Canvas& wall, double x, double y, double square, int columns, int rows) {
  wall.box(x - square / 2, y - square / 2, (columns + 1) * square, (rows + 1) * square, 250);
  for (int row = 0; row < rows; ++row) {
    for (int column = row % 2; column < columns; column += 2)
      wall.box(x + column * square, y + row * square, square, square, 15);
  }
}

void paint_poster(Canvas& wall, double x, double y, double w, double h, int shapes) {
  wall.box(x - 0.03, y - 0.03, w + 0.06, h + 0.06, 40);
  wall.box(x, y, w, h, wall.gray(170, 230));
  for (int i = 0; i < shapes; ++i) {
    const double size = wall.random(0.04, 0.22) * std::min(w, h);
    const double left = x + size + wall.random(0, w - 2 * size),
                 top = y + size + wall.random(0, h - 2 * size);
    const int gray = wall.gray(20, 250);
    if (i % 3 == 0)
      wall.disc(left, top, size, gray);
    else if (i % 3 == 1)
      wall.box(left - size / 2, top - size, size, wall.random(0.5, 1.8) * size, gray);
    else
      wall.triangle(left - size, top + size * 0.7, left, top - size, left + size, top + size * 0.8, gray);
  }
}

void paint_books(Canvas& wall, double x, double y, double w, double h) {
  for (double left = x; left < x + w - 0.02;) {
    const double thick = std::min(wall.random(0.025, 0.075), x + w - left);
    const double tall = h * wall.random(0.62, 0.95);
    const int gray = wall.gray(30, 230), mark = gray > 128 ? gray - 90 : gray + 90;
    if (wall.random(0, 1) < 0.9) {
      wall.box(left, y + h - tall, thick, tall, gray);
      wall.box(left, y + h - tall, 0.008, tall, gray / 2);
      wall.box(left, y + h - 0.8 * tall, thick, 0.02, mark);
      if (thick > 0.04) wall.box(left + 0.015, y + h - 0.6 * tall, thick - 0.03, 0.25 * tall, mark);
    }
    left += thick;
  }
}

void paint_shelf(Canvas& wall, double x, double y, double w, double h, int boards) {
  wall.box(x - 0.04, y - 0.04, w + 0.08, h + 0.08, 120);
  wall.box(x, y, w, h, 35);
  const double space = h / boards;
  for (int board = 0; board < boards; ++board) {
    paint_books(wall, x, y + board * space, w, space - 0.03);
    wall.box(x, y + (board + 1) * space - 0.03, w, 0.03, 150);
  }
}

void paint_clock(Canvas& wall, double x, double y, double radius) {
  wall.disc(x, y, radius, 30);
  wall.disc(x, y, 0.88 * radius, 245);
  for (int hour = 0; hour < 12; ++hour) {
    const double angle = std::numbers::pi * hour / 6, s = std::sin(angle), c = std::cos(angle);
    wall.line(x + 0.7 * radius * s, y + 0.7 * radius * c, x + 0.82 * radius * s, y + 0.82 * radius * c, 0.015,
              20);
  }
  wall.line(x, y, x - 0.4 * radius, y - 0.3 * radius, 0.02, 10);
  wall.line(x, y, x + 0.35 * radius, y - 0.6 * radius, 0.015, 10);
}

void paint_bricks(Canvas& wall, double x, double y, double w, double h) {
  constexpr double kWide = 0.25, kTall = 0.09, kJoint = 0.012;
  wall.box(x, y, w, h, 165);
  for (int row = 0; row * kTall < h; ++row) {
    for (double left = x - (row % 2) * kWide / 2; left < x + w; left += kWide) {
      const double begin = std::max(left, x), end = std::min(left + kWide - kJoint, x + w);
      if (end > begin) wall.box(begin, y + row * kTall, end - begin, kTall - kJoint, wall.gray(85, 140));
    }
  }
}

/// Diamonds in rows, each a little different, as printed.
void paint_wallpaper(Canvas& wall, int gray) {
  for (double y = 0.12; y < wall.height(); y += 0.24) {
    for (double x = 0.1; x < wall.width(); x += 0.2) {
      const double size = wall.random(0.02, 0.04);
      const int print = gray - wall.gray(15, 60);
      wall.triangle(x - size, y, x, y - 1.6 * size, x + size, y, print);
      wall.triangle(x - size, y, x, y + 1.6 * size, x + size, y, print + 8);
    }
  }
}

void paint_planks(Canvas& floor, double wide, int darkest, int brightest) {
  for (double y = 0; y < floor.height(); y += wide) {
    for (double x = -floor.random(0, 1.2); x < floor.width();) {
      const double length = floor.random(0.7, 1.5);
      const int gray = floor.gray(darkest, brightest);
      floor.box(x, y, length - 0.008, wide - 0.008, gray);
      for (int grain = 0; grain < 5; ++grain) {
        const double at = y + floor.random(0.01, wide - 0.015);
        floor.line(x + 0.02, at, x + length - 0.03, at + floor.random(-0.006, 0.006), 0.008, gray - 18);
      }
      x += length;
    }
  }
}

void paint_rug(Canvas& floor, double x, double y, double w, double h) {
  floor.box(x, y, w, h, 60);
  floor.box(x + 0.06, y + 0.06, w - 0.12, h - 0.12, 190);
  floor.box(x + 0.1, y + 0.1, w - 0.2, h - 0.2, 85);
  for (double row = y + 0.3; row < y + h - 0.2; row += 0.3) {
    for (double column = x + 0.3; column < x + w - 0.2; column += 0.3) {
      floor.triangle(column - 0.1, row, column, row - 0.1, column + 0.1, row, floor.gray(150, 240));
      floor.triangle(column - 0.1, row, column, row + 0.1, column + 0.1, row, floor.gray(20, 60));
    }
  }
}

// ---- walls -----------------------------------------------------------------------------------------------

Texture front_wall(std::mt19937_64& random) {
  Canvas wall{2 * kSide, kHeight, 185, random};
  paint_wallpaper(wall, 185);
  wall.box(0, kHeight - 0.12, 2 * kSide, 0.12, 225);
  paint_chessboard(wall, 0.75, 0.95, 0.1, 8, 6);
  paint_window(wall, 2.1, 0.5, 1.3, 1.1);
  paint_poster(wall, 4.05, 0.45, 0.8, 1.1, 26);
  wall.text(1.95, 2.15, 0.5, 45, "TACTUS");
  paint_clock(wall, 5.4, 0.75, 0.25);
  paint_poster(wall, 5.15, 1.25, 0.6, 0.8, 14);
  paint_poster(wall, 0.15, 1.85, 0.5, 0.6, 12);
  return wall.finish(5, 2.7);
}

Texture left_wall(std::mt19937_64& random) {
  Canvas wall{kFront - kBack, kHeight, 150, random};
  paint_bricks(wall, 0, 0, wall.width(), kHeight);
  paint_poster(wall, 1.0, 0.6, 0.9, 0.7, 20);
  paint_poster(wall, 3.0, 0.5, 0.7, 1.0, 22);
  paint_chessboard(wall, 4.2, 0.8, 0.12, 6, 5);
  paint_poster(wall, 5.25, 0.6, 0.5, 0.9, 16);
  return wall.finish(7, 5.2);
}

Texture right_wall(std::mt19937_64& random) {
  Canvas wall{kFront - kBack, kHeight, 170, random};
  paint_wallpaper(wall, 170);
  paint_shelf(wall, 0.4, 0.35, 2.0, 2.2, 6);
  paint_window(wall, 2.9, 0.6, 1.1, 1.2);
  paint_shelf(wall, 4.4, 0.9, 1.3, 1.6, 4);
  return wall.finish(5, 2.6);
}

Texture back_wall(std::mt19937_64& random) {
  Canvas wall{2 * kSide, kHeight, 160, random};
  wall.box(1.2, 0.6, 0.95, 2.1, 90);
  wall.disc(2.05, 1.7, 0.04, 220);
  paint_poster(wall, 3.2, 0.5, 1.6, 1.0, 30);
  return wall.finish(6, 3);
}

Texture floor(std::mt19937_64& random) {
  Canvas planks{2 * kSide, kFront - kBack, 60, random};
  paint_planks(planks, 0.16, 95, 150);
  paint_rug(planks, 1.9, 0.6, 2.2, 2.6);
  return planks.finish(4, 3);
}

Texture ceiling(std::mt19937_64& random) {
  Canvas panels{2 * kSide, kFront - kBack, 215, random, 100};
  for (double y = 0; y < panels.height(); y += 0.6) {
    panels.line(0, y, panels.width(), y, 0.015, 150);
    panels.line(y, 0, y, panels.height(), 0.015, 150);
  }
  for (double y = 0.6; y < panels.height(); y += 1.8) panels.box(2.42, y + 0.02, 1.16, 0.56, 254);
  for (int i = 0; i < 220; ++i)
    panels.disc(panels.random(0, panels.width()), panels.random(0, panels.height()), 0.02,
                panels.gray(120, 190));
  return panels.finish(3, 3, 0.8);
}

Texture crate_side(std::mt19937_64& random, double width, double height, int shade) {
  Canvas side{width, height, shade, random, 200};
  constexpr double kFrame = 0.06;
  paint_planks(side, 0.1, shade - 25, shade + 15);
  side.line(kFrame, kFrame, width - kFrame, height - kFrame, kFrame, shade + 35);
  side.box(0, 0, width, kFrame, shade + 40);
  side.box(0, height - kFrame, width, kFrame, shade + 40);
  side.box(0, 0, kFrame, height, shade + 30);
  side.box(width - kFrame, 0, kFrame, height, shade + 30);
  for (const double x : {kFrame / 2, width - kFrame / 2})
    for (const double y : {kFrame / 2, height - kFrame / 2}) side.disc(x, y, 0.013, 25);
  return side.finish(5, width / 2, 0.8);
}

Texture pillar_side(std::mt19937_64& random, double width, double height, int shade) {
  Canvas side{width, height, shade, random};
  for (double y = 0.1; y < height; y += 0.3) {
    side.box(0, y, width, 0.05, shade - 70);
    side.disc(width / 2, y + 0.175, 0.055, side.gray(20, 240));
  }
  return side.finish(5, width / 2, 0.85);
}

// ---- solids ----------------------------------------------------------------------------------------------

using PaintSide = Texture (*)(std::mt19937_64&, double width, double height, int shade);

/// A box that stands upright: its four sides and its top, seen from outside. Sides are lit differently.
Solid upright_box(const Vector3d& least, const Vector3d& size, PaintSide paint, std::mt19937_64& random) {
  const Vector3d x{size.x(), 0, 0}, y{0, size.y(), 0}, z{0, 0, size.z()};
  const Vector3d top = least + z;
  Solid box{least + size / 2, {}};
  box.faces.push_back({top + y, -y, -z, paint(random, size.y(), size.z(), 140)});
  box.faces.push_back({top + x + y, -x, -z, paint(random, size.x(), size.z(), 110)});
  box.faces.push_back({top, x, -z, paint(random, size.x(), size.z(), 170)});
  box.faces.push_back({top + x, y, -z, paint(random, size.y(), size.z(), 120)});
  box.faces.push_back({top + x + y, -y, -x, paint(random, size.y(), size.x(), 190)});
  return box;
}

Solid walls(std::mt19937_64& random) {
  const Vector3d depth{kFront - kBack, 0, 0}, width{0, 2 * kSide, 0}, height{0, 0, kHeight};
  Solid room{{0, 0, kHeight / 2}, {}};
  room.faces.push_back({{kFront, kSide, kHeight}, -width, -height, front_wall(random)});
  room.faces.push_back({{kBack, kSide, kHeight}, depth, -height, left_wall(random)});
  room.faces.push_back({{kFront, -kSide, kHeight}, -depth, -height, right_wall(random)});
  room.faces.push_back({{kBack, -kSide, kHeight}, width, -height, back_wall(random)});
  room.faces.push_back({{kFront, kSide, 0}, -width, -depth, floor(random)});
  room.faces.push_back({{kBack, kSide, kHeight}, -width, depth, ceiling(random)});
  return room;
}

}  // namespace

Scene make_room(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  Scene scene;
  scene.room = walls(random);
  scene.things.push_back(upright_box({2.3, 1.0, 0}, {0.7, 0.7, 0.7}, crate_side, random));
  scene.things.push_back(upright_box({2.4, 1.15, 0.7}, {0.45, 0.45, 0.45}, crate_side, random));
  scene.things.push_back(upright_box({2.2, -1.5, 0}, {0.8, 0.6, 0.6}, crate_side, random));
  scene.things.push_back(upright_box({2.7, -2.3, 0}, {0.3, 0.3, kHeight}, pillar_side, random));
  return scene;
}

}  // namespace xr
