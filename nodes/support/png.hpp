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

}  // namespace xr
