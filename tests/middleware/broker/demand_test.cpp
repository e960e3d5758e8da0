// SPDX-License-Identifier: Apache-2.0
#include "demand.hpp"

#include <gmock/gmock.h>

#include "tactus/middleware/transport.hpp"

namespace tactus::broker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Pool> kPools{{1024, 100}, {4096, 50}};
const std::vector<std::uint32_t> kNothingLost{0, 0};

Claim publisher(const std::string& topic, std::uint32_t chunks, std::uint64_t max_bytes = 500) {
  Claim claim;
  claim.holder = 1;
  claim.publisher = true;
  claim.node = "/writer";
  claim.topic = topic;
  claim.chunks = chunks;
  claim.max_bytes = max_bytes;
  return claim;
}

Claim subscriber(const std::string& topic, std::uint32_t chunks, const std::string& node = "/reader") {
  Claim claim;
  claim.holder = 2;
  claim.node = node;
  claim.topic = topic;
  claim.chunks = chunks;
  return claim;
}

Claim reserved(Claim claim) {
  claim.reserved = true;
  claim.holder = 3;
  claim.where = "xr.launch.yaml:12:3";
  return claim;
}

std::string refusal(const std::vector<Claim>& claims, const std::vector<Claim>& wanted,
                    const std::vector<std::uint32_t>& lost = kNothingLost) {
  try {
    check_demand(kPools, lost, Limits{}, claims, wanted,
                 [](std::uint32_t id) { return "holder " + std::to_string(id); });
    return "";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kNoMemory);
    return error.what();
  }
}

TEST(Demand, IsWhatPublishersAndSubscribersOfATopicMayHaveAtOnce) {
  const Demand demand =
      demand_of(kPools, {publisher("/a", 3), subscriber("/a", 12), publisher("/b", 4, 2000)});
  EXPECT_THAT(demand.chunks, ElementsAre(15, 4));
  EXPECT_EQ(demand.publishers, 2u);
  EXPECT_EQ(demand.subscribers, 1u);
}

TEST(Demand, ASubscriberCostsNothingUntilSomebodyPublishes) {
  EXPECT_THAT(demand_of(kPools, {subscriber("/a", 12)}).chunks, ElementsAre(0, 0));
}

TEST(Demand, ASubscriberQueuesAndHoldsMessagesOfEveryPublisherOfItsTopic) {
  const Demand demand =
      demand_of(kPools, {publisher("/a", 3), publisher("/a", 2, 2000), subscriber("/a", 12)});
  // Both are one node's: its largest message decides.
  EXPECT_THAT(demand.chunks, ElementsAre(0, 5 + 2 * 12));
  Claim other = publisher("/a", 2, 2000);
  other.node = "/other";
  EXPECT_THAT(demand_of(kPools, {publisher("/a", 3), other, subscriber("/a", 12)}).chunks,
              ElementsAre(15, 14));
}

TEST(Demand, AReservationAndWhatIsMadeOfItCountOnce) {
  const auto plan = reserved(publisher("/a", 3));
  EXPECT_THAT(demand_of(kPools, {plan, publisher("/a", 3)}).chunks, ElementsAre(3, 0));
  EXPECT_THAT(demand_of(kPools, {plan, publisher("/a", 5)}).chunks, ElementsAre(5, 0));
  EXPECT_EQ(demand_of(kPools, {plan, publisher("/a", 3)}).publishers, 1u);
}

TEST(Demand, GroupsAreApart) {
  Claim other = publisher("/a", 3);
  other.group = "left";
  EXPECT_THAT(demand_of(kPools, {other, subscriber("/a", 12)}).chunks, ElementsAre(3, 0));
}

TEST(Demand, ThatFitsExactlyIsAccepted) {
  EXPECT_EQ(refusal({publisher("/a", 88)}, {publisher("/b", 12)}), "");
  EXPECT_NE(refusal({publisher("/a", 88)}, {publisher("/b", 13)}), "");
}

TEST(Demand, OfAReservationIsRefusedWithPlaceNumbersHoldersAndAdvice) {
  const auto text =
      refusal({publisher("/old", 90)}, {reserved(publisher("/a", 3)), reserved(subscriber("/a", 12))});
  EXPECT_THAT(
      text, AllOf(HasSubstr("xr.launch.yaml:12:3: topic '/a'"), HasSubstr("15 more chunks of 1 kB"),
                  HasSubstr("10 of 100 are free"),
                  HasSubstr("1 publishers x (loans + history + 1) = 3, 1 subscribers x (depth + held) = 12"),
                  HasSubstr("taken: 90 by holder 1"), HasSubstr("lower depth")));
}

TEST(Demand, OfATapIsRefusedForWhatItAddsToATopic) {
  const std::vector<Claim> running{publisher("/a", 3, 2000), subscriber("/a", 40)};
  EXPECT_EQ(refusal(running, {subscriber("/a", 7, "/tap")}), "");
  EXPECT_THAT(refusal(running, {subscriber("/a", 8, "/tap")}), AllOf(HasSubstr("/tap"), HasSubstr("4 kB")));
}

TEST(Demand, APublisherIsRefusedForWhatItsSubscribersWillHold) {
  EXPECT_THAT(refusal({subscriber("/a", 99)}, {publisher("/a", 3)}), HasSubstr("102 more chunks"));
}

TEST(Demand, WhatIsDrawnFromAReservationIsNeverRefused) {
  const std::vector<Claim> full{publisher("/other", 80), reserved(publisher("/a", 20))};
  EXPECT_EQ(refusal(full, {publisher("/a", 20)}), "");
  EXPECT_NE(refusal(full, {publisher("/a", 21)}), "");
}

TEST(Demand, LostChunksAreNotToBeHad) {
  EXPECT_THAT(refusal({publisher("/a", 80)}, {publisher("/b", 20)}, {1, 0}), HasSubstr("1 may be lost"));
}

TEST(Demand, ALargerMessageThanAnyPoolHoldsIsRefused) {
  try {
    check_demand(kPools, kNothingLost, Limits{}, {}, {publisher("/a", 1, 4096)}, {});
    FAIL() << "it fitted";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kMessageTooLarge);
  }
}

TEST(PoolLadder, EveryPoolIsSmallerThanFourGigabytes) {
  for (const Pool& pool : pool_ladder(std::uint64_t{1} << 40, std::uint64_t{1} << 40))
    EXPECT_LT(std::uint64_t{pool.chunks} * (pool.chunk_bytes + 64), std::uint64_t{1} << 32);
}

TEST(PoolLadder, APictureOfEightMegabytesComesFromTheEightMegabytePool) {
  const auto pools = pool_ladder(std::uint64_t{1} << 40, std::uint64_t{1} << 40);
  const auto pool = pool_of(pools, (8 << 20) + 200);
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool_name(pools[*pool]), "8 MB");
  EXPECT_FALSE(pool_of(pools, 17 << 20));
}

TEST(PoolLadder, ShrinksToWhatIsThereAndSaysWhatItNeeds) {
  const auto pools = pool_ladder(std::uint64_t{300} << 20, std::uint64_t{8} << 30);
  EXPECT_LT(pools.front().chunks, 16384u);
  try {
    (void)pool_ladder(std::uint64_t{64} << 20, std::uint64_t{8} << 30);
    FAIL() << "64 MB were enough";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("67 MB free"));
  }
}

}  // namespace
}  // namespace tactus::broker
