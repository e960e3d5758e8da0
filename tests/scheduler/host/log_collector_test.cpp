// SPDX-License-Identifier: Apache-2.0
#include "log_collector.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <vector>

namespace tactus {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

TEST(LogCollector, WritesEveryRecordWithItsNodeBeforeItEnds) {
  std::vector<std::string> lines;
  {
    LogCollector collector{[&](const std::string& line) { lines.push_back(line); }};
    NodeLog& log = collector.add("/tracker");
    log.info("{} tracks", 12);
    log.warn("lost");
  }
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(HasSubstr("[INFO]"), HasSubstr("[/tracker]"), EndsWith("12 tracks")));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("[WARN]"), EndsWith("lost")));
}

TEST(NodeLog, DropsAndCountsWhatDoesNotFit) {
  std::atomic<std::uint32_t> bell{0};
  const auto log = std::make_unique<NodeLog>("/fast", bell);
  for (int i = 0; i < 130; ++i) log->info("{}", i);
  EXPECT_EQ(log->take_dropped(), 2u);
  int records = 0;
  while (log->pop()) ++records;
  EXPECT_EQ(records, 128);
  log->info("again");
  EXPECT_TRUE(log->pop());
}

TEST(FormatRecord, SaysLevelTimeNodeAndText) {
  LogRecord record;
  record.time_ns = 1'700'000'000'000'000'001;
  record.level = LogLevel::kError;
  record.text[0] = 'x';
  record.size = 1;
  EXPECT_EQ(format_record("/n", record), "[ERROR] [1700000000.000000001] [/n]: x");
}

}  // namespace
}  // namespace tactus
