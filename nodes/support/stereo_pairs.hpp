// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace xr {

/// Brings together what two cameras saw at the same instant. Stamps of a camera increase; one that does not
/// is a stream that began anew, and what waited of the old one is dropped. At most kMostWaiting of a camera
/// wait for the other. Everything dropped is counted. Not for a realtime thread: allocates.
template <typename Item>
class StereoPairs {
 public:
  enum Side : std::size_t { kLeft, kRight };
  static constexpr std::size_t kMostWaiting = 3;

  void add(Side side, std::int64_t stamp_ns, Item item) {
    auto& waiting = waiting_[side];
    while (!waiting.empty() && (waiting.size() == kMostWaiting || stamp_ns <= waiting.back().first))
      drop(side);
    waiting.emplace_back(stamp_ns, std::move(item));
  }

  /// The next pair; empty while one of them is missing. The older of two that do not belong together is
  /// dropped: its partner will not come any more.
  [[nodiscard]] std::optional<std::pair<Item, Item>> take() {
    auto &left = waiting_[kLeft], &right = waiting_[kRight];
    while (!left.empty() && !right.empty()) {
      if (left.front().first == right.front().first) {
        std::pair<Item, Item> pair{std::move(left.front().second), std::move(right.front().second)};
        left.pop_front();
        right.pop_front();
        return pair;
      }
      drop(left.front().first < right.front().first ? kLeft : kRight);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::uint64_t unmatched(Side side) const { return unmatched_[side]; }

 private:
  void drop(Side side) {
    waiting_[side].pop_front();
    ++unmatched_[side];
  }

  std::array<std::deque<std::pair<std::int64_t, Item>>, 2> waiting_;
  std::array<std::uint64_t, 2> unmatched_{};
};

}  // namespace xr
