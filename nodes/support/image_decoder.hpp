// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "euroc.hpp"
#include "png.hpp"

namespace xr {

/// Decodes the images of one camera of a recording ahead of time, a bounded number of them, on a thread of
/// its own. The other functions are for one thread, the player's. No locks: who plays never waits for who
/// decodes.
class ImageDecoder {
 public:
  static constexpr std::size_t kAhead = 8;  ///< images

  /// Begins at once.
  explicit ImageDecoder(std::vector<ImageRow> rows);
  ~ImageDecoder();

  /// Blocks until the image of the next row is ready: for a player whose time stands still meanwhile.
  void wait_for_next() const;
  /// Blocks until kAhead images are ready, or all.
  void wait_until_ahead() const;

  struct Frame {
    std::optional<GrayImage> image;
    std::string problem;  ///< why there is no image
  };
  /// The image of the next row. Empty when it is not ready: it is late, and passed over. Never blocks.
  [[nodiscard]] std::optional<Frame> take();

  [[nodiscard]] const std::vector<ImageRow>& rows() const { return rows_; }

 private:
  void run();
  static Frame decode(const ImageRow& row);

  std::vector<ImageRow> rows_;
  std::array<Frame, kAhead> frames_;      ///< that of row n at n % kAhead
  std::atomic<std::size_t> decoded_ = 0;  ///< rows that are done with
  std::atomic<std::size_t> taken_ = 0;    ///< rows that nobody asks for any more
  std::thread thread_;
};

}  // namespace xr
