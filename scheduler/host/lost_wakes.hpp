// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace tactus {

/// Counts wakes that were lost. Publishers push and then ring: a re-check between the two finds data whose
/// ring is on its way. Lost is a wake whose ring has not come a whole grace time later.
/// Thread: the waiter's; count() any.
class LostWakes {
 public:
  explicit LostWakes(std::int64_t grace_ns) : grace_ns_{grace_ns} {}

  /// The re-check found data that nobody had rung for.
  void found(std::int64_t now_ns) noexcept {
    if (!since_ns_) since_ns_ = now_ns;
  }
  void rang() noexcept { since_ns_.reset(); }
  void judge(std::int64_t now_ns) noexcept {
    if (!since_ns_ || now_ns - *since_ns_ < grace_ns_) return;
    since_ns_.reset();
    count_.store(count() + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  std::int64_t grace_ns_;
  std::optional<std::int64_t> since_ns_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace tactus
