// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "tactus/middleware/pages.hpp"

namespace tactus::broker {

/// Stop-check-kill: SIGSTOP, and SIGKILL only while no thread is inside an iceoryx call; else SIGCONT and
/// again. Blocks some milliseconds. False when it stayed inside for all tries and was killed all the same.
bool kill_outside_calls(pid_t pid, const ProcessPage& page);

/// True when a thread of the (dead) process was inside an iceoryx call.
[[nodiscard]] bool died_inside_call(const ProcessPage& page);

}  // namespace tactus::broker
