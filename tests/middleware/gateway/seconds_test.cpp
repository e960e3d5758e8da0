// SPDX-License-Identifier: Apache-2.0
#include "seconds.hpp"

#include <gmock/gmock.h>

namespace tactus::gateway {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Share = Arrivals::Share;

constexpr std::int64_t kSecond = 1'000'000'000;

OutboundStatus exported(std::uint64_t sent, std::uint64_t shed = 0) {
  OutboundStatus status;
  status.topic = "/imu";
  status.writer = 5;
  status.counts = {sent, 0, shed, 0, 0};
  return status;
}

TEST(SentSeconds, ASecondIsToldWhenItIsOver) {
  SentSeconds seconds;
  EXPECT_EQ(seconds.look({exported(10)}, 7 * kSecond).at(0).second.number, 0U);
  EXPECT_EQ(seconds.look({exported(90, 4)}, 8 * kSecond - 1).at(0).second.number, 0U);
  EXPECT_EQ(seconds.look({exported(100, 5)}, 8 * kSecond).at(0).second,
            (mesh::LedgerSecond{8, 0, 100, 5, 0, 0}));
  EXPECT_EQ(seconds.look({exported(150, 7)}, 9 * kSecond).at(0).second,
            (mesh::LedgerSecond{9, 100, 150, 2, 0, 0}));
}

TEST(SentSeconds, WhatHasEndedIsToldToItsEnd) {
  SentSeconds seconds;
  static_cast<void>(seconds.look({exported(10)}, 7 * kSecond));
  EXPECT_EQ(seconds.look({}, 8 * kSecond).at(0).second, (mesh::LedgerSecond{8, 0, 10, 0, 0, 0}));
  EXPECT_THAT(seconds.look({}, 7 * kSecond + SentSeconds::kToldNs), SizeIs(1));
  EXPECT_THAT(seconds.look({}, 7 * kSecond + SentSeconds::kToldNs + 1), IsEmpty());
}

TEST(Arrivals, EveryNumberIsReceivedLostOrUnderWay) {
  Arrivals arrivals;
  for (const std::uint64_t sequence : {1, 2, 3, 6, 7, 10}) arrivals.add(sequence);
  EXPECT_EQ(arrivals.lost(), 4U);
  EXPECT_EQ(arrivals.of(0, 5), (Share{3, 2, 0}));
  EXPECT_EQ(arrivals.of(5, 9), (Share{2, 2, 0}));
  EXPECT_EQ(arrivals.of(9, 12), (Share{1, 0, 2}));
  EXPECT_EQ(arrivals.of(12, 20), (Share{0, 0, 8}));
  EXPECT_EQ(arrivals.of(4, 4), (Share{}));
}

TEST(Arrivals, AReaderThatCameLaterKnowsNothingOfBefore) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.of(0, 5), std::nullopt);
  arrivals.add(100);
  EXPECT_EQ(arrivals.of(90, 110), std::nullopt);
  EXPECT_EQ(arrivals.of(99, 101), (Share{1, 0, 1}));
  EXPECT_EQ(arrivals.lost(), 0U);
}

TEST(Arrivals, GapsOfLongAgoAreNotGuessed) {
  Arrivals arrivals;
  for (std::uint64_t sequence = 1; sequence <= 3 * Arrivals::kGaps; sequence += 2) arrivals.add(sequence);
  EXPECT_EQ(arrivals.of(0, 10), std::nullopt);
  EXPECT_EQ(arrivals.of(2 * Arrivals::kGaps, 2 * Arrivals::kGaps + 10), (Share{5, 5, 0}));
}

TEST(Balances, ASecondIsJudgedWhenTheNextIsTold) {
  Arrivals arrivals;
  Balances balances;
  const mesh::LedgerSecond first{8, 0, 4, 1, 2, 3}, second{9, 4, 6, 0, 0, 0};
  for (const std::uint64_t sequence : {1, 2}) arrivals.add(sequence);
  EXPECT_EQ(balances.look(5, first, arrivals), std::nullopt);
  arrivals.add(4);  // late, but in time
  EXPECT_EQ(balances.look(5, first, arrivals), std::nullopt);
  EXPECT_EQ(balances.look(5, second, arrivals), (Balance{first, {3, 1, 0}}));
  EXPECT_EQ(balances.look(5, second, arrivals), (Balance{first, {3, 1, 0}}));
  EXPECT_EQ(balances.look(6, second, arrivals), std::nullopt) << "another writer";
  EXPECT_EQ(balances.look(0, second, arrivals), std::nullopt) << "no gateway writes it";
}

}  // namespace
}  // namespace tactus::gateway
