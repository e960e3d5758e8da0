// SPDX-License-Identifier: Apache-2.0
#include "queue_delay.hpp"

#include <gtest/gtest.h>

namespace tactus::gateway {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kEvery = 50 * kMs;
constexpr std::int64_t kOtherClock = 77'000'000'000'000;  ///< what the other host's clock is ahead

/// This host and another one, `way_ns` apart.
class TwoHosts : public ::testing::Test {
 protected:
  /// A look: two canaries leave, `wait_ns` late; those that arrive are told.
  std::int64_t look(std::int64_t wait_ns, std::int64_t queue_ns = 0, bool arrive = true) {
    for (int i = 0; i < 2; ++i, now_ns_ += kEvery) queue_.written({++number_, now_ns_, now_ns_ + wait_ns});
    if (arrive) {
      arrived_ = number_;
      received_ns_ = now_ns_ - kEvery + wait_ns + way_ns_ + queue_ns + kOtherClock;
    }
    queue_.heard(7, arrived_, received_ns_, std::max(received_ns_, now_ns_ + kOtherClock));
    return queue_.look(now_ns_, now_ns_);
  }
  std::int64_t look_often(std::int64_t wait_ns, std::int64_t queue_ns = 0, bool arrive = true) {
    for (int i = 0; i < 3; ++i) look(wait_ns, queue_ns, arrive);
    return look(wait_ns, queue_ns, arrive);
  }

  QueueDelay queue_;
  std::int64_t now_ns_ = 1000 * kMs;
  std::int64_t way_ns_ = 3 * kMs;
  std::uint64_t number_ = 0, arrived_ = 0;
  std::int64_t received_ns_ = 0;
};

TEST_F(TwoHosts, AFreeWayIsNoDelayWhateverTheClocksShow) { EXPECT_EQ(look_often(0), 0); }

TEST_F(TwoHosts, WhatWaitsBeforeTheSocketCounts) {
  look_often(0);
  EXPECT_EQ(look_often(80 * kMs), 80 * kMs);
}

TEST_F(TwoHosts, WhatWaitsBehindTheSocketCounts) {
  look_often(0);
  EXPECT_EQ(look_often(0, 90 * kMs), 90 * kMs);
  EXPECT_EQ(look_often(0), 0);
}

TEST_F(TwoHosts, OneLateCanaryIsNoDelay) {
  look_often(0);
  EXPECT_EQ(look(200 * kMs, 200 * kMs), 0);
  EXPECT_EQ(look(0), 0);
}

TEST_F(TwoHosts, OneLostCanaryIsNoDelay) {
  look_often(0);
  EXPECT_LE(look(0, 0, false), 0);
  EXPECT_EQ(look(0), 0);
}

TEST_F(TwoHosts, CanariesThatDoNotArriveAtAllAreADelay) {
  look_often(0);
  EXPECT_GE(look_often(0, 0, false), 100 * kMs);
}

TEST_F(TwoHosts, AHostThatIsSilentIsNoDelay) {
  look_often(0);
  for (int i = 0; i < 30; ++i) {  // it says nothing new: a cable that was pulled
    queue_.written({++number_, now_ns_, now_ns_});
    queue_.heard(7, arrived_, received_ns_, received_ns_);
    now_ns_ += kEvery;
    EXPECT_LT(queue_.look(now_ns_, now_ns_), kEvery);
  }
}

TEST_F(TwoHosts, AWriterThatDoesNotComeBackIsADelay) {
  look_often(0);
  const std::int64_t due_ns = now_ns_;
  std::int64_t delay_ns = 0;
  for (int i = 1; i <= 5; ++i) delay_ns = queue_.look(due_ns + i * 100 * kMs, due_ns);
  EXPECT_EQ(delay_ns, 300 * kMs);
}

TEST_F(TwoHosts, ALongerWayIsTheNewUsualAfterAWhile) {
  look_often(0);
  way_ns_ = 33 * kMs;
  EXPECT_EQ(look_often(0), 30 * kMs);
  while (now_ns_ < 3 * QueueDelay::kBaseNs) look(0);
  EXPECT_EQ(look_often(0), 0);
}

TEST_F(TwoHosts, AHostThatIsGoneIsForgotten) {
  look_often(0);
  look_often(0, 90 * kMs);
  queue_.keep({});
  for (int i = 0; i < 3; ++i) queue_.look(now_ns_, now_ns_);
  EXPECT_EQ(queue_.look(now_ns_, now_ns_), 0);
}

}  // namespace
}  // namespace tactus::gateway
