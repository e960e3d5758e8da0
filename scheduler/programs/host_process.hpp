// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactus/scheduler/host.hpp"

namespace tactus {

/// This process becomes one of a launch. The supervisor's socket `control_fd` brings the plan as a line, then
/// "go"; it hears
/// {"what": "constructed" | "ready" | "denied" | "failed", "text": ..} as lines. Runs until SIGTERM or until
/// the supervisor or the broker is gone. Main thread, once. Returns a HostExit.
[[nodiscard]] int run_supervised(int control_fd);

/// Runs `settings` as this process until SIGTERM, SIGINT or the end of the broker, which is started when none
/// runs. Speaks to people on stderr. Main thread, once. Returns a HostExit.
[[nodiscard]] int run_alone(const HostSettings& settings);

}  // namespace tactus
