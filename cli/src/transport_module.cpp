// SPDX-License-Identifier: Apache-2.0
#include "transport_module.hpp"

#include <spng.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tactus/middleware/iceoryx_transport.hpp"

#define RTCTL_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

int encode(std::FILE* stream, const std::uint8_t* values, std::uint32_t width, std::uint32_t height,
           std::uint32_t channels) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> png{spng_ctx_new(SPNG_CTX_ENCODER), spng_ctx_free};
  spng_set_png_file(png.get(), stream);
  spng_ihdr header{};
  header.width = width;
  header.height = height;
  header.bit_depth = 8;
  header.color_type = channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR;
  if (const int error = spng_set_ihdr(png.get(), &header); error != 0) return error;
  return spng_encode_image(png.get(), values, std::size_t{width} * height * channels, SPNG_FMT_PNG,
                           SPNG_ENCODE_FINALIZE);
}

}  // namespace

// Found by their names only; both sides are built together.
RTCTL_EXPORT std::unique_ptr<tactus::Transport> rtctl_make_transport(tactus::BrokerClient& broker) {
  return tactus::make_iceoryx_transport(broker);
}

RTCTL_EXPORT std::string rtctl_write_png(const char* file, const std::uint8_t* values, std::uint32_t width,
                                         std::uint32_t height, std::uint32_t channels) {
  std::FILE* stream = std::fopen(file, "wb");
  if (stream == nullptr) return std::strerror(errno);
  const int error = encode(stream, values, width, height, channels);
  const bool written = std::fclose(stream) == 0;
  if (error == 0 && written) return {};
  std::remove(file);
  return error != 0 ? spng_strerror(error) : std::strerror(errno);
}
