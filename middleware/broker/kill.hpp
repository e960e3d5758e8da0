// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tactus/middleware/pages.hpp"

namespace tactus::broker {

/// Stop-check-kill: SIGSTOP, and SIGKILL only while no thread is inside an iceoryx call; else SIGCONT and
/// again, for 3 s at most. False when it stayed inside and was killed all the same.
bool kill_outside_calls(pid_t pid, const ProcessPage& page);

/// A thread that is, or was when it died, inside an iceoryx call.
struct OpenCall {
  std::uint32_t tid = 0;                  ///< 0: one of many that share a flag
  std::optional<std::uint32_t> endpoint;  ///< index of its counters; empty where it cannot be told
  /// False for threads that still live.
  [[nodiscard]] bool may_be_of(std::uint32_t thread) const;
};
[[nodiscard]] std::vector<OpenCall> open_calls(const ProcessPage& page);

/// By SIGSTOP or a debugger.
[[nodiscard]] bool is_stopped(pid_t pid);

}  // namespace tactus::broker
