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

TEST(ImageDecoder, WhoAsksTooEarlyGetsNoneAndNeverAnother) {
  constexpr int kHeld = ImageDecoder::kAhead;
  const Recording recording{1, 24};
  std::optional<testing::HeldFile> held{recording.image("cam1", kHeld)};
  ImageDecoder decoder{rows_of(recording)};
  decoder.wait_until_ahead();
  EXPECT_TRUE(decoder.take()->image);
  held->wait_for_reader();
  for (int i = 1; i < kHeld; ++i) EXPECT_TRUE(decoder.take()->image);
  for (int i = kHeld; i < kHeld + 4; ++i) EXPECT_FALSE(decoder.take()) << i;
  held.reset();
  for (int i = kHeld + 4; i < 24; ++i) {  // as fast as they come
    if (const auto frame = decoder.take()) {
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
