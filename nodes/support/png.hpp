// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace xr {

/// An 8-bit gray image, rows from the top, without padding.
struct GrayImage {
  std::uint32_t width = 0;   ///< columns
  std::uint32_t height = 0;  ///< rows
  std::vector<std::uint8_t> pixels;
};

/// Throws std::runtime_error naming the file: missing, no PNG, truncated, not 8-bit gray, larger than 64
/// megapixels.
[[nodiscard]] GrayImage read_png(const std::filesystem::path& file);

/// Rows from the top, `step` bytes apart, `channels` bytes per pixel: 1 is gray, 3 is red, green, blue.
struct PixelView {
  std::uint32_t width, height, step, channels;
  const std::uint8_t* pixels;
};

/// The file is there whole or not at all. Quick rather than small. Throws std::runtime_error naming the file
/// and the reason: no such folder, not allowed, no space left.
void write_png(const std::filesystem::path& file, const PixelView& image);

}  // namespace xr
