// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/flight_recorder.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <thread>

#include "allocations.hpp"

namespace tactus {
namespace {

constexpr std::uint64_t kRecords = FlightRecorder::kRecords;

/// Every word tells its number.
FlightRecord numbered(std::uint64_t n) {
  FlightRecord record;
  record.when_ns = static_cast<std::int64_t>(n);
  record.kind = FlightKind::kStart;
  record.a = n;
  record.b = n;
  return record;
}

void write(FlightRecorder& recorder, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n < to; ++n) recorder.write(numbered(n));
}

class FlightRecorderTest : public ::testing::Test {
 protected:
  const std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
};

TEST_F(FlightRecorderTest, IsEmptyAtFirst) { EXPECT_TRUE(read_flight(*recorder_).empty()); }

TEST_F(FlightRecorderTest, GivesBackWhatWasWrittenOldestFirst) {
  FlightRecord record;
  record.when_ns = -5;
  record.kind = FlightKind::kEnd;
  record.flags = kFlightDeadlineMissed | kFlightOverBudget;
  record.cpu = 3;
  record.node = 1023;
  record.endpoint = 4095;
  record.a = 7;
  record.b = ~std::uint64_t{0};
  recorder_->write(record);
  recorder_->write(numbered(1));
  EXPECT_THAT(read_flight(*recorder_), ::testing::ElementsAre(record, numbered(1)));
}

TEST_F(FlightRecorderTest, KeepsTheNewestAndLeavesOutTheOneThatTheWriterTakesNext) {
  write(*recorder_, 0, 3 * kRecords + 10);
  const auto records = read_flight(*recorder_);
  ASSERT_EQ(records.size(), kRecords - 1);
  EXPECT_EQ(records.front(), numbered(2 * kRecords + 11));
  EXPECT_EQ(records.back(), numbered(3 * kRecords + 9));
}

TEST_F(FlightRecorderTest, AReaderThatComesBackGetsWhatIsNew) {
  std::uint64_t from = 0;
  write(*recorder_, 0, 3);
  EXPECT_EQ(read_flight(*recorder_, from).size(), 3u);
  EXPECT_TRUE(read_flight(*recorder_, from).empty());
  write(*recorder_, 3, 5);
  EXPECT_THAT(read_flight(*recorder_, from), ::testing::ElementsAre(numbered(3), numbered(4)));
}

TEST_F(FlightRecorderTest, ARecordThatIsOverwrittenWhileItIsReadIsLeftOut) {
  std::jthread writer{[this](const std::stop_token& stop) {
    for (std::uint64_t n = 0; !stop.stop_requested(); ++n) recorder_->write(numbered(n));
  }};
  while (recorder_->written.load() < kRecords) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) {
    const auto records = read_flight(*recorder_);
    for (std::size_t k = 0; k < records.size(); ++k) {
      ASSERT_EQ(records[k], numbered(records[0].a + k)) << "record " << k << " is torn or out of order";
    }
  }
}

TEST_F(FlightRecorderTest, WritingAllocatesNothing) {
  if (!testing::counts_allocations()) GTEST_SKIP() << "sanitizers count nothing";
  const std::uint64_t before = testing::allocations_of_this_thread();
  write(*recorder_, 0, 2 * kRecords);
  EXPECT_EQ(testing::allocations_of_this_thread(), before);
}

}  // namespace
}  // namespace tactus
