// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace tactus {

/// Tells whether one call of a node has lasted too long. Only time counts in which the process could run and
/// the watcher looked: a process that is stopped or traced is paused, a watcher that did not run proves
/// nothing. Pure: time is an argument.
class HangWatch {
 public:
  static constexpr std::int64_t kMostPerLookNs = 300'000'000;

  /// What the node is doing, as its counters say. A new `mark` is a sign of life.
  struct Look {
    bool busy = false;       ///< inside a call, or not waiting where it should wait sometimes
    std::uint64_t mark = 0;  ///< start of the call, number of waits, ...
    bool paused = false;     ///< the process is stopped or traced
  };

  /// How long the same call has been seen, in ns. To be asked often (100 ms).
  std::int64_t look(const Look& now, std::int64_t now_ns) {
    const std::int64_t passed_ns = std::min(now_ns - last_look_ns_, kMostPerLookNs);
    last_look_ns_ = now_ns;
    if (!now.busy || now.mark != mark_)
      busy_ns_ = 0;
    else if (!now.paused && !paused_)
      busy_ns_ += passed_ns;
    mark_ = now.mark;
    paused_ = now.paused;
    return busy_ns_;
  }

 private:
  std::int64_t last_look_ns_ = 0;
  std::int64_t busy_ns_ = 0;
  std::uint64_t mark_ = 0;
  bool paused_ = false;
};

}  // namespace tactus
