// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sensor_msgs/msg/image.hpp>

#include "command.hpp"

namespace rtctl {
namespace {

using sensor_msgs::msg::Image;
using Rgb = std::array<std::uint8_t, 3>;

std::uint32_t channels_of(std::string_view encoding) {
  if (encoding == "mono8") return 1;
  if (encoding == "rgb8" || encoding == "bgr8") return 3;
  throw Failure{
      fmt::format("a picture of encoding '{}' cannot be shown: mono8, rgb8 and bgr8 can", encoding)};
}

// Mean colour of the pixels between these borders.
Rgb mean(const Picture& picture, std::uint32_t left, std::uint32_t right, std::uint32_t top,
         std::uint32_t bottom) {
  std::array<std::uint64_t, 3> sum{};
  for (std::uint32_t y = top; y < bottom; ++y) {
    for (std::uint32_t x = left; x < right; ++x) {
      const std::size_t at = (std::size_t{y} * picture.width + x) * picture.channels;
      for (std::uint32_t c = 0; c < 3; ++c) sum[c] += picture.values[at + c % picture.channels];
    }
  }
  const std::uint64_t pixels = std::uint64_t{right - left} * (bottom - top);
  return {static_cast<std::uint8_t>(sum[0] / pixels), static_cast<std::uint8_t>(sum[1] / pixels),
          static_cast<std::uint8_t>(sum[2] / pixels)};
}

std::string colours(const Rgb& above, const Rgb& below) {
  return fmt::format("\x1b[38;2;{};{};{};48;2;{};{};{}m", above[0], above[1], above[2], below[0], below[1],
                     below[2]);
}

// Where the i-th of n equal parts of `length` begins.
std::uint32_t border(std::uint32_t i, std::uint32_t n, std::uint32_t length) {
  return static_cast<std::uint32_t>(std::uint64_t{i} * length / n);
}

}  // namespace

bool is_picture(const tactus::TypeInfo& type) { return type.hash == tactus::type_info<Image>().hash; }

Picture read_picture(const std::byte* root) {
  const auto& image = *reinterpret_cast<const Image*>(root);
  Picture picture{image.width,
                  image.height,
                  channels_of(std::string_view{image.encoding}),
                  {},
                  std::string{std::string_view{image.encoding}},
                  std::string{std::string_view{image.header.frame_id}},
                  std::int64_t{image.header.stamp.sec} * 1'000'000'000 + image.header.stamp.nanosec};
  const std::size_t row = std::size_t{image.width} * picture.channels;
  const std::size_t data = image.data.size();
  if (image.height > 0 && (image.step < row || data < std::size_t{image.step} * (image.height - 1) + row)) {
    throw Failure{fmt::format("a picture of {}x{} {} in steps of {} bytes is more than its {} bytes of data",
                              image.width, image.height, picture.encoding, image.step, data)};
  }
  picture.values.resize(row * image.height);
  const bool swap = picture.encoding == "bgr8";
  for (std::size_t y = 0; y < image.height; ++y) {
    const std::uint8_t* from = image.data.data() + y * image.step;
    std::uint8_t* to = picture.values.data() + y * row;
    std::copy_n(from, row, to);
    for (std::size_t x = 0; swap && x + 2 < row; x += 3) std::swap(to[x], to[x + 2]);
  }
  return picture;
}

std::string summary(const Picture& picture) {
  std::string text = fmt::format("{}x{} {}  stamp {}.{:09}", picture.width, picture.height, picture.encoding,
                                 picture.stamp_ns / 1'000'000'000, picture.stamp_ns % 1'000'000'000);
  if (!picture.values.empty()) {
    const auto [least, most] = std::minmax_element(picture.values.begin(), picture.values.end());
    std::uint64_t sum = 0;
    for (const std::uint8_t value : picture.values) sum += value;
    text += fmt::format("  min {}  mean {:.1f}  max {}", *least,
                        static_cast<double>(sum) / static_cast<double>(picture.values.size()), *most);
  }
  return picture.frame.empty() ? text : text + "  frame " + picture.frame;
}

std::string half_blocks(const Picture& picture, const TerminalSize& size) {
  if (picture.values.empty()) return {};
  const auto most_rows = static_cast<std::uint32_t>(std::max(1, size.rows - 2)) * 2;
  const double scale = std::min({1.0, static_cast<double>(size.columns) / picture.width,
                                 static_cast<double>(most_rows) / picture.height});
  const std::uint32_t columns = std::max(1U, static_cast<std::uint32_t>(picture.width * scale));
  const std::uint32_t rows = std::max(1U, static_cast<std::uint32_t>(picture.height * scale));
  const auto pixel = [&](std::uint32_t x, std::uint32_t y) {
    return mean(picture, border(x, columns, picture.width), border(x + 1, columns, picture.width),
                border(y, rows, picture.height), border(y + 1, rows, picture.height));
  };
  std::string text;
  for (std::uint32_t y = 0; y < rows; y += 2) {
    for (std::uint32_t x = 0; x < columns; ++x) {
      const Rgb above = pixel(x, y);
      text += colours(above, y + 1 < rows ? pixel(x, y + 1) : Rgb{}) + "\u2580";
    }
    text += "\x1b[0m\n";
  }
  return text;
}

}  // namespace rtctl
