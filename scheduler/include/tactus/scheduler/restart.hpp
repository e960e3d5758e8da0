// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

/// Whether and when something that ended is started again. Values and time in, decisions out.
namespace tactus {

enum class RestartWhen { kOnFailure, kAlways, kNever };

/// `restart:` of a process or a node.
struct RestartSettings {
  RestartWhen when = RestartWhen::kOnFailure;
  std::uint32_t most = 5;                   ///< restarts within `window_ns`; one more end is the last
  std::int64_t window_ns = 30'000'000'000;  ///< > 0
  std::int64_t backoff_ns = 100'000'000;    ///< before the first restart of a window; doubles with each

  friend bool operator==(const RestartSettings&, const RestartSettings&) = default;
};

/// Counts the ends of one process or node and decides what follows. Pure: time is an argument, any clock that
/// does not step back. Allocates in its constructor only. Thread: one.
class RestartPolicy {
 public:
  static constexpr std::int64_t kLongestBackoffNs = 10'000'000'000;

  enum class Action {
    kRestart,  ///< at Decision::at_ns
    kLeave,    ///< it may end: nothing is wrong
    kGiveUp    ///< it failed and is not started again
  };
  struct Decision {
    Action action = Action::kLeave;
    std::int64_t at_ns = 0;
  };

  explicit RestartPolicy(const RestartSettings& settings);

  /// It ended unasked at `now_ns`; `failed`: by a crash, an error, a hang.
  Decision ended(bool failed, std::int64_t now_ns);
  /// Somebody starts it by hand: earlier ends do not count any more.
  void forget() noexcept { ends_.clear(); }

  [[nodiscard]] const RestartSettings& settings() const noexcept { return settings_; }
  /// Restarts decided on so far.
  [[nodiscard]] std::uint32_t restarts() const noexcept { return restarts_; }

 private:
  RestartSettings settings_;
  std::vector<std::int64_t> ends_;  ///< within the window
  std::uint32_t restarts_ = 0;
};

}  // namespace tactus
