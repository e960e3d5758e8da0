// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tactus::gateway {

/// A topic that may be shed.
struct Sheddable {
  std::string topic;
  int priority = 0;         ///< the lowest goes first
  std::uint64_t bytes = 0;  ///< of its messages: of one priority, the largest goes first
};

/// Which topics leave this host: while samples wait too long, topics are shed one by one; when they no longer
/// wait, they come back in the opposite order, one by one and ever more carefully when that was too early.
/// Values only: time and delay in, topics out.
class Admission {
 public:
  static constexpr std::int64_t kShedAboveNs = 20'000'000;
  static constexpr std::int64_t kTakeBackBelowNs = 5'000'000;
  static constexpr std::int64_t kSettleNs = 500'000'000;  ///< until a change shows
  static constexpr std::int64_t kCalmNs = 1'000'000'000;  ///< below the lower limit for so long, at first
  static constexpr std::int64_t kMostCalmNs = 8'000'000'000;

  struct Change {
    std::string topic;
    bool shed = false;
    friend bool operator==(const Change&, const Change&) = default;
  };
  /// At most one topic at a time; none is nothing to do.
  std::vector<Change> look(std::int64_t now_ns, std::int64_t delay_ns, std::vector<Sheddable> topics);

  /// The first to go first.
  [[nodiscard]] const std::vector<std::string>& shed() const noexcept { return shed_; }
  /// Something is shed, or came back so lately that it may have been too early.
  [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }

 private:
  std::vector<Change> shed_one(std::int64_t now_ns, std::vector<Sheddable> topics);
  std::vector<Change> take_one_back(std::int64_t now_ns);

  std::vector<std::string> shed_;
  bool overloaded_ = false;
  bool trying_ = false;  ///< the last change was to take one back
  std::int64_t changed_ns_ = 0;
  std::int64_t calm_since_ns_ = 0;
  bool calm_ = false;
  std::int64_t wait_ns_ = kCalmNs;
};

}  // namespace tactus::gateway
