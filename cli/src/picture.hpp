// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "output/terminal.hpp"
#include "tactus/msg/type.hpp"

namespace rtctl {

/// A sensor_msgs/Image as rows of 8-bit values without gaps: one per pixel, or red, green, blue.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t channels = 1;  ///< 1 or 3
  std::vector<std::uint8_t> values;
  std::string encoding;
  std::string frame;
  std::int64_t stamp_ns = 0;
};

[[nodiscard]] bool is_picture(const tactus::TypeInfo& type);

/// From the root of a checked message of a type for which is_picture() holds. mono8, rgb8 and bgr8; throws
/// Failure for other encodings and where the data do not fit the size.
[[nodiscard]] Picture read_picture(const std::byte* root);

/// "752x480 mono8  stamp 12.345678901  min 0  mean 93.1  max 255  frame cam0"
[[nodiscard]] std::string summary(const Picture& picture);

/// The picture as rows of half blocks in 24-bit colours, two pixels above each other in one cell; scaled down
/// to the terminal less two rows, never up.
[[nodiscard]] std::string half_blocks(const Picture& picture, const TerminalSize& size);

}  // namespace rtctl
