// SPDX-License-Identifier: Apache-2.0
#include "png.hpp"

#include <spng.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace xr {

GrayImage read_png(const std::filesystem::path& file) {
  const auto check = [&](int error) {
    if (error != 0) throw std::runtime_error{file.string() + ": " + spng_strerror(error)};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream{std::fopen(file.c_str(), "rb"), std::fclose};
  if (stream == nullptr) throw std::runtime_error{file.string() + ": cannot be opened"};
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> png{spng_ctx_new(0), spng_ctx_free};
  check(spng_set_image_limits(png.get(), 8192, 8192));
  check(spng_set_png_file(png.get(), stream.get()));
  spng_ihdr header{};
  check(spng_get_ihdr(png.get(), &header));
  if (header.color_type != SPNG_COLOR_TYPE_GRAYSCALE || header.bit_depth != 8) {
    throw std::runtime_error{file.string() + ": is no 8-bit gray image"};
  }
  GrayImage image{header.width, header.height, {}};
  std::size_t size = 0;
  check(spng_decoded_image_size(png.get(), SPNG_FMT_RAW, &size));
  image.pixels.resize(size);
  check(spng_decode_image(png.get(), image.pixels.data(), size, SPNG_FMT_RAW, 0));
  return image;
}

}  // namespace xr
