// SPDX-License-Identifier: Apache-2.0
#include "output/metrics.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

const tactus::MetricSummary kError{"position_error", "mm", 1000, 0, 1.5, 0.25, 12.5, 2.0, 1.75, 8.123456};

TEST(Metrics, AreATableWithoutKnowingWhatTheyMean) {
  EXPECT_EQ(metrics_text({{"/error", kError}}, true),
            "NODE    METRIC          UNIT  COUNT  LAST  MEAN   P50    P99   MAX\n"
            "/error  position_error  mm     1000   1.5     2  1.75  8.123  12.5\n");
}

TEST(Metrics, ShowNoNumbersBeforeTheFirstRecord) {
  EXPECT_EQ(metrics_text({{"", {.name = "age", .unit = "ms"}}}, false),
            "METRIC  UNIT  COUNT  LAST  MEAN  P50  P99  MAX\n"
            "age     ms        0     -     -    -    -    -\n");
}

TEST(Metrics, SayWhatWasNoNumber) {
  tactus::MetricSummary metric = kError;
  metric.rejected = 3;
  EXPECT_NE(metrics_text({{"", metric}}, false).find("1000 (+3 no number)"), std::string::npos);
}

TEST(Metrics, AreNothingWhereThereAreNone) { EXPECT_EQ(metrics_text({}, true), ""); }

TEST(Metrics, AreKeptWholeInJson) {
  EXPECT_EQ(
      metric_json(kError).dump(),
      R"({"name":"position_error","unit":"mm","count":1000,"rejected":0,"last":1.5,"mean":2.0,"min":0.25,)"
      R"("max":12.5,"p50":1.75,"p99":8.123456})");
}

}  // namespace
}  // namespace rtctl
