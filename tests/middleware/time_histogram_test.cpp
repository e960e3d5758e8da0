// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/time_histogram.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace tactus {
namespace {

class TimeHistogramTest : public testing::Test {
 protected:
  TimeHistogram histogram_;
};

TEST_F(TimeHistogramTest, HasNothingToSayBeforeTheFirstRecord) {
  const TimeSummary summary = summarize(histogram_);
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.p99_ns, 0);
}

TEST_F(TimeHistogramTest, SplitsTheRecordsByRank) {
  for (int i = 1; i <= 1000; ++i) histogram_.record(i * 1000);
  const TimeSummary summary = summarize(histogram_);
  EXPECT_EQ(summary.count, 1000u);
  EXPECT_EQ(summary.mean_ns, 500'500);
  EXPECT_NEAR(summary.p50_ns, 500'000, 16'000);
  EXPECT_NEAR(summary.p99_ns, 990'000, 32'000);
  EXPECT_EQ(summary.max_ns, 1'000'000);
}

TEST_F(TimeHistogramTest, IsWithinThreePointTwoPercentUpToAMinute) {
  for (std::int64_t ns = 1; ns < 60'000'000'000; ns += ns / 3 + 1) {
    const auto histogram = std::make_unique<TimeHistogram>();
    histogram->record(ns);
    histogram->record(ns * 8);  // the maximum must not hide the width of a bucket
    EXPECT_NEAR(static_cast<double>(quantile_ns(*histogram, 0.5)) / static_cast<double>(ns), 1.0, 0.032)
        << ns;
  }
}

TEST_F(TimeHistogramTest, BucketsFollowEachOtherWithoutAGap) {
  std::uint32_t last = 0;
  for (std::int64_t ns = 0; ns < 100'000; ++ns) {
    const std::uint32_t bucket = TimeHistogram::bucket_of(ns);
    ASSERT_TRUE(bucket == last || bucket == last + 1) << ns;
    last = bucket;
  }
}

TEST_F(TimeHistogramTest, WhatIsLongerThanAMinuteIsReportedAsTheMaximum) {
  histogram_.record(200'000'000'000);
  EXPECT_EQ(quantile_ns(histogram_, 0.5), 200'000'000'000);
}

TEST_F(TimeHistogramTest, NegativeTimesCountAsNone) {
  histogram_.record(-5);
  EXPECT_EQ(summarize(histogram_).count, 1u);
  EXPECT_EQ(summarize(histogram_).mean_ns, 0);
}

}  // namespace
}  // namespace tactus
