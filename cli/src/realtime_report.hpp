// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tactus/scheduler/grants.hpp"

namespace rtctl {

/// What `rtctl doctor --rt` prints: a file for /etc/security/limits.d. Comments say what else of this machine
/// decides about realtime, each with the command that grants it, and what running launches were denied.
[[nodiscard]] std::string realtime_report(const tactus::Machine& machine = {});

}  // namespace rtctl
