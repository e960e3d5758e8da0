// SPDX-License-Identifier: Apache-2.0
#include "image_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recording.hpp"

namespace xr {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::Recording;

std::vector<ImageRow> rows_of(const Recording& recording) {
  return read_images(recording.folder / "mav0/cam1/data.csv").rows;
}

TEST(ImageDecoder, GivesTheImagesInOrder) {
  const Recording recording{1, 5};
  ImageDecoder decoder{rows_of(recording)};
  decoder.wait_until_ahead();
  for (int i = 0; i < 5; ++i) {
    const auto frame = decoder.take();
    ASSERT_TRUE(frame && frame->image);
    EXPECT_THAT(frame->image->pixels, Each(10 * i + 1));
  }
}

TEST(ImageDecoder, OneThatCannotBeReadSaysWhyAndTheNextIsThere) {
  const Recording recording{1, 3};
  std::filesystem::resize_file(recording.image("cam1", 1), 40);
  std::filesystem::remove(recording.image("cam1", 2));
  ImageDecoder decoder{rows_of(recording)};
  decoder.wait_until_ahead();
  EXPECT_TRUE(decoder.take()->image);
  const auto cut = decoder.take(), missing = decoder.take();
  EXPECT_FALSE(cut->image);
  EXPECT_THAT(cut->problem, HasSubstr(recording.image("cam1", 1).filename().string()));
  EXPECT_THAT(missing->problem, HasSubstr("cannot be opened"));
}

// However fast they are asked for: each is the right one or none.
TEST(ImageDecoder, WhoAsksTooEarlyGetsNoneAndNeverAnother) {
  const Recording recording{1, 24};
  ImageDecoder decoder{rows_of(recording)};
  decoder.wait_until_ahead();
  for (int i = 0; i < 24; ++i) {
    const auto frame = decoder.take();
    EXPECT_TRUE(frame || i >= static_cast<int>(ImageDecoder::kAhead));
    if (frame) {
      EXPECT_THAT(frame->image->pixels, Each(10 * i + 1));
    }
  }
}

TEST(ImageDecoder, EndsWhileImagesAreWaitingAndWithoutAny) {
  const Recording recording{1, 24};
  { ImageDecoder decoder{rows_of(recording)}; }
  ImageDecoder full{rows_of(recording)};
  full.wait_until_ahead();
  ImageDecoder empty{{}};
  empty.wait_until_ahead();
}

}  // namespace
}  // namespace xr
