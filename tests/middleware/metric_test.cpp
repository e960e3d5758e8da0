// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/metric.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <memory>

#include "zeroed_page.hpp"

namespace tactus {
namespace {

class MetricTest : public testing::Test {
 protected:
  MetricCounters counters_;
  Metric metric_{counters_};
};

TEST_F(MetricTest, HasNothingToSayBeforeTheFirstRecord) {
  const MetricSummary summary = summarize(counters_);
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.mean, 0);
  EXPECT_EQ(summary.p50, 0);
}

TEST_F(MetricTest, KeepsTheExactExtremesTheMeanAndTheLast) {
  for (const double value : {3.0, -1.0, 10.0, 4.0}) metric_.record(value);
  const MetricSummary summary = summarize(counters_);
  EXPECT_EQ(summary.count, 4u);
  EXPECT_EQ(summary.min, -1.0);
  EXPECT_EQ(summary.max, 10.0);
  EXPECT_EQ(summary.last, 4.0);
  EXPECT_EQ(summary.mean, 4.0);
}

TEST_F(MetricTest, AQuantileIsWithinFivePercentOverEighteenDecades) {
  for (double value = 1e-9; value < 1e9; value *= 1.37) {
    const auto counters = std::make_unique<MetricCounters>();
    Metric metric{*counters};
    // Neighbours on both sides: the extremes must not hide the width of a bucket.
    for (const double record : {value / 8, value, value * 8}) metric.record(record);
    EXPECT_NEAR(quantile(*counters, 0.5) / value, 1.0, 0.05) << value;
  }
}

TEST_F(MetricTest, QuantilesSplitTheRecordsByRank) {
  for (int i = 1; i <= 1000; ++i) metric_.record(i);
  EXPECT_NEAR(quantile(counters_, 0.5), 500, 25);
  EXPECT_NEAR(quantile(counters_, 0.99), 990, 50);
  EXPECT_NEAR(quantile(counters_, 0.0), 1, 0.05);
  EXPECT_EQ(quantile(counters_, 1.0), quantile(counters_, 2.0));
  EXPECT_LE(quantile(counters_, 1.0), 1000);
}

TEST_F(MetricTest, ValuesOutsideOfTheHistogramAreReportedAsTheExtremes) {
  for (const double value : {-5.0, 0.0, 1e-12}) metric_.record(value);
  EXPECT_EQ(quantile(counters_, 0.5), -5.0);
  for (int i = 0; i < 10; ++i) metric_.record(1e12);
  EXPECT_EQ(quantile(counters_, 0.9), 1e12);
}

TEST_F(MetricTest, WhatIsNoNumberIsCountedApart) {
  metric_.record(1.0);
  metric_.record(std::nan(""));
  metric_.record(std::numeric_limits<double>::infinity());
  const MetricSummary summary = summarize(counters_);
  EXPECT_EQ(summary.count, 1u);
  EXPECT_EQ(summary.rejected, 2u);
  EXPECT_EQ(summary.mean, 1.0);
}

TEST(AddMetric, NamesEntriesInOrderUntilThePageIsFull) {
  const auto page = zeroed_page<ProcessPage>();
  for (std::uint32_t i = 0; i < kMaxMetricsPerProcess; ++i) {
    const MetricCounters* metric = add_metric(*page, std::string(100, 'x'), "mm", i);
    ASSERT_EQ(metric, &page->metrics[i]);
    EXPECT_EQ(metric->node, i);
  }
  EXPECT_EQ(summarize(page->metrics[0]).name, std::string(47, 'x'));
  EXPECT_EQ(add_metric(*page, "one_more", "", 0), nullptr);
  EXPECT_EQ(page->metrics_used.load(), kMaxMetricsPerProcess);
}

}  // namespace
}  // namespace tactus
