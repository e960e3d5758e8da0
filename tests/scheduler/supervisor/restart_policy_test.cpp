// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "tactus/scheduler/restart.hpp"

namespace tactus {
namespace {

using Action = RestartPolicy::Action;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kS = 1'000 * kMs;
constexpr bool kFailed = true;
constexpr bool kCleanly = false;

TEST(RestartPolicy, OnFailureRestartsWhatFailedAndLeavesWhatEndedCleanly) {
  RestartPolicy policy{{.when = RestartWhen::kOnFailure}};
  EXPECT_EQ(policy.ended(kFailed, 0).action, Action::kRestart);
  EXPECT_EQ(policy.ended(kCleanly, kS).action, Action::kLeave);
  EXPECT_EQ(policy.restarts(), 1u);
}

TEST(RestartPolicy, AlwaysRestartsWhatEndedCleanlyToo) {
  RestartPolicy policy{{.when = RestartWhen::kAlways}};
  EXPECT_EQ(policy.ended(kCleanly, 0).action, Action::kRestart);
}

TEST(RestartPolicy, NeverGivesUpWhatFailedAndLeavesTheRest) {
  RestartPolicy policy{{.when = RestartWhen::kNever}};
  EXPECT_EQ(policy.ended(kFailed, 0).action, Action::kGiveUp);
  EXPECT_EQ(policy.ended(kCleanly, 0).action, Action::kLeave);
  EXPECT_EQ(policy.restarts(), 0u);
}

TEST(RestartPolicy, TheBackoffDoublesWithinTheWindow) {
  RestartPolicy policy{{.most = 5, .window_ns = 30 * kS, .backoff_ns = 100 * kMs}};
  std::vector<std::int64_t> waits_ms;
  for (std::int64_t now = 0; now < 5 * kS; now += kS)
    waits_ms.push_back((policy.ended(kFailed, now).at_ns - now) / kMs);
  EXPECT_EQ(waits_ms, (std::vector<std::int64_t>{100, 200, 400, 800, 1600}));
}

TEST(RestartPolicy, TheBackoffHasALongest) {
  RestartPolicy policy{{.most = 50, .window_ns = 3600 * kS, .backoff_ns = kS}};
  RestartPolicy::Decision last;
  for (int i = 0; i < 50; ++i) last = policy.ended(kFailed, 0);
  EXPECT_EQ(last.at_ns, RestartPolicy::kLongestBackoffNs);
}

TEST(RestartPolicy, OneMoreEndWithinTheWindowIsGivenUp) {
  RestartPolicy policy{{.most = 2, .window_ns = 30 * kS}};
  EXPECT_EQ(policy.ended(kFailed, 0).action, Action::kRestart);
  EXPECT_EQ(policy.ended(kFailed, 10 * kS).action, Action::kRestart);
  EXPECT_EQ(policy.ended(kFailed, 20 * kS).action, Action::kGiveUp);
}

TEST(RestartPolicy, EndsThatLieLongBackDoNotCount) {
  RestartPolicy policy{{.most = 1, .window_ns = 30 * kS, .backoff_ns = 100 * kMs}};
  for (std::int64_t now = 0; now < 1000 * kS; now += 31 * kS) {
    const auto decision = policy.ended(kFailed, now);
    EXPECT_EQ(decision.action, Action::kRestart);
    EXPECT_EQ(decision.at_ns - now, 100 * kMs);
  }
}

TEST(RestartPolicy, AStartByHandForgetsWhatWasBefore) {
  RestartPolicy policy{{.most = 1}};
  EXPECT_EQ(policy.ended(kFailed, 0).action, Action::kRestart);
  policy.forget();
  EXPECT_EQ(policy.ended(kFailed, 1).action, Action::kRestart);
  EXPECT_EQ(policy.ended(kFailed, 2).action, Action::kGiveUp);
}

TEST(RestartPolicy, ZeroRestartsGiveUpAtTheFirstEnd) {
  RestartPolicy policy{{.most = 0}};
  EXPECT_EQ(policy.ended(kFailed, 0).action, Action::kGiveUp);
}

}  // namespace
}  // namespace tactus
