// SPDX-License-Identifier: Apache-2.0
#include "image_decoder.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace xr {

ImageDecoder::ImageDecoder(std::vector<ImageRow> rows) : rows_{std::move(rows)}, thread_{[this] { run(); }} {}

ImageDecoder::~ImageDecoder() {
  taken_ = rows_.size();
  taken_.notify_one();
  thread_.join();
}

void ImageDecoder::wait_until_ahead() const {
  const std::size_t enough = std::min(kAhead, rows_.size());
  for (std::size_t decoded = decoded_; decoded < enough; decoded = decoded_) decoded_.wait(decoded);
}

void ImageDecoder::wait_for_next() const {
  for (std::size_t decoded = decoded_; decoded <= taken_ && decoded < rows_.size(); decoded = decoded_)
    decoded_.wait(decoded);
}

std::optional<ImageDecoder::Frame> ImageDecoder::take() {
  const std::size_t row = taken_;
  std::optional<Frame> frame;
  if (decoded_ > row) frame = std::move(frames_[row % kAhead]);
  taken_ = row + 1;
  taken_.notify_one();
  return frame;
}

// A frame is written only while nobody reads it: take() reads those below decoded_, this writes the one at
// it.
void ImageDecoder::run() {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (std::size_t taken = taken_; row >= taken + kAhead; taken = taken_) taken_.wait(taken);
    if (row >= taken_) frames_[row % kAhead] = decode(rows_[row]);
    decoded_ = row + 1;
    decoded_.notify_one();
  }
}

ImageDecoder::Frame ImageDecoder::decode(const ImageRow& row) {
  try {
    return {read_png(row.file), ""};
  } catch (const std::exception& problem) {
    return {std::nullopt, problem.what()};
  }
}

}  // namespace xr
