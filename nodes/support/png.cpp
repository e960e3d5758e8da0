// SPDX-License-Identifier: Apache-2.0
#include "png.hpp"

#include <spng.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace xr {
namespace {

struct Encoded {
  std::unique_ptr<void, void (*)(void*)> bytes{nullptr, std::free};
  std::size_t size = 0;
};

Encoded encode(const PixelView& image) {
  const auto check = [](int error) {
    if (error != 0) throw std::runtime_error{spng_strerror(error)};
  };
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> png{spng_ctx_new(SPNG_CTX_ENCODER), spng_ctx_free};
  check(spng_set_option(png.get(), SPNG_ENCODE_TO_BUFFER, 1));
  check(spng_set_option(png.get(), SPNG_IMG_COMPRESSION_LEVEL, 1));
  spng_ihdr header{};
  header.width = image.width;
  header.height = image.height;
  header.bit_depth = 8;
  header.color_type = image.channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_GRAYSCALE;
  check(spng_set_ihdr(png.get(), &header));
  check(
      spng_encode_image(png.get(), nullptr, 0, SPNG_FMT_PNG, SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE));
  const std::size_t row_bytes = std::size_t{image.width} * image.channels;
  for (std::uint32_t row = 0; row < image.height; ++row) {
    const int error = spng_encode_row(png.get(), image.pixels + std::size_t{row} * image.step, row_bytes);
    if (error != SPNG_EOI) check(error);
  }
  Encoded encoded;
  int error = 0;
  encoded.bytes.reset(spng_get_png_buffer(png.get(), &encoded.size, &error));
  check(error);
  return encoded;
}

/// errno of what failed, 0 when the file was written and closed.
int write_file(const std::filesystem::path& file, const Encoded& content) {
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return errno;
  const bool written = std::fwrite(content.bytes.get(), 1, content.size, stream) == content.size;
  const int write_error = written ? 0 : errno;
  const bool closed = std::fclose(stream) == 0;
  return !written ? write_error : closed ? 0 : errno;
}

}  // namespace

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

void write_png(const std::filesystem::path& file, const PixelView& image) {
  const std::filesystem::path part = file.string() + ".part";
  int error = 0;
  try {
    error = write_file(part, encode(image));
  } catch (const std::runtime_error& problem) {
    throw std::runtime_error{file.string() + ": " + problem.what()};
  }
  if (error == 0 && std::rename(part.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return;
  std::remove(part.c_str());
  throw std::runtime_error{file.string() + ": " + std::generic_category().message(error)};
}

}  // namespace xr
