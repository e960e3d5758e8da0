// SPDX-License-Identifier: Apache-2.0
#include "admission.hpp"

#include <gmock/gmock.h>

namespace tactus::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Change = Admission::Change;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

/// A gateway that looks ten times a second.
class Looking : public ::testing::Test {
 protected:
  /// What changed within this time.
  std::vector<Change> look(std::int64_t duration_ns, std::int64_t delay_ns) {
    std::vector<Change> changes;
    for (const std::int64_t end_ns = now_ns_ + duration_ns; now_ns_ < end_ns; now_ns_ += 100 * kMs) {
      for (auto& change : admission_.look(now_ns_, delay_ns, topics_)) changes.push_back(change);
    }
    return changes;
  }

  Admission admission_;
  std::int64_t now_ns_ = 5 * kSecond;
  std::vector<Sheddable> topics_{{"/left", 5, 2'000'000}, {"/right", 5, 3'000'000}, {"/preview", 0, 1000}};
};

TEST_F(Looking, NothingIsShedWhileNobodyWaits) { EXPECT_THAT(look(60 * kSecond, 2 * kMs), IsEmpty()); }

TEST_F(Looking, TheLowestPriorityGoesFirstAndOfOnePriorityTheLargest) {
  EXPECT_THAT(look(10 * kSecond, 80 * kMs),
              ElementsAre(Change{"/preview", true}, Change{"/right", true}, Change{"/left", true}));
}

TEST_F(Looking, AChangeGetsTimeToShow) {
  EXPECT_THAT(look(Admission::kSettleNs, 80 * kMs), ElementsAre(Change{"/preview", true}));
  EXPECT_THAT(look(100 * kMs, 80 * kMs), ElementsAre(Change{"/right", true}));
}

TEST_F(Looking, BetweenTheLimitsEverythingStaysAsItIs) {
  EXPECT_THAT(look(60 * kSecond, 10 * kMs), IsEmpty());
  look(100 * kMs, 80 * kMs);
  EXPECT_THAT(look(60 * kSecond, 10 * kMs), IsEmpty());
  EXPECT_THAT(admission_.shed(), ElementsAre("/preview"));
}

TEST_F(Looking, TopicsComeBackInTheOppositeOrderWhenItHasBeenCalm) {
  look(2 * kSecond, 80 * kMs);
  EXPECT_THAT(look(Admission::kCalmNs, 2 * kMs), IsEmpty());
  EXPECT_THAT(look(4 * Admission::kCalmNs, 2 * kMs),
              ElementsAre(Change{"/left", false}, Change{"/right", false}, Change{"/preview", false}));
  EXPECT_FALSE(admission_.overloaded());
}

TEST_F(Looking, OneMomentOfWaitingBeginsTheCalmAnew) {
  look(100 * kMs, 80 * kMs);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(look(Admission::kCalmNs - 100 * kMs, 2 * kMs), IsEmpty());
    EXPECT_THAT(look(100 * kMs, 10 * kMs), IsEmpty());
  }
}

TEST_F(Looking, WhatCameBackTooEarlyIsTriedLessAndLessOften) {
  topics_.resize(1);
  int tries = 0;
  for (int tick = 0; tick < 1200; ++tick) {  // a network that never takes it
    const bool crosses = admission_.shed().empty();
    for (const auto& change : admission_.look(now_ns_, (crosses ? 80 : 2) * kMs, topics_))
      tries += change.shed ? 0 : 1;
    now_ns_ += 100 * kMs;
  }
  EXPECT_GE(tries, 10);
  EXPECT_LE(tries, 20) << "two minutes, at most every 8 s in the end";
  EXPECT_TRUE(admission_.overloaded()) << "all of that is one overload";
}

TEST_F(Looking, WhatIsNoLongerExportedIsNotShed) {
  look(10 * kSecond, 80 * kMs);
  topics_ = {{"/left", 5, 2'000'000}};
  EXPECT_THAT(look(100 * kMs, 10 * kMs), IsEmpty());
  EXPECT_THAT(admission_.shed(), ElementsAre("/left"));
}

TEST_F(Looking, WhereNothingMayBeShedNothingIs) {
  topics_.clear();
  EXPECT_THAT(look(10 * kSecond, kSecond), IsEmpty());
  EXPECT_FALSE(admission_.overloaded());
}

}  // namespace
}  // namespace tactus::gateway
