// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tactus/middleware/pages.hpp"

namespace tactus {

/// "idle", "start", "step", "run", "stop".
[[nodiscard]] const char* to_text(NodePhase phase) noexcept;

/// " while /tracker was in step() (cycle 71), /mapper was in run() (cycle 1)" for every call of a node that
/// has begun and not returned, of a process that lives or is dead; empty when there is none.
[[nodiscard]] std::string unfinished_calls(const ProcessPage& page);

}  // namespace tactus
