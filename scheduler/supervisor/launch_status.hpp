// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "tactus/scheduler/supervisor.hpp"

namespace tactus {

/// Adds what the broker's graph says about the nodes of `processes` (by pid) and the topics they use.
/// `before` holds the message counts of the previous snapshot per topic and is replaced; rates are over
/// `interval`. Throws nlohmann::json::exception when the text is no graph.
void read_graph(const std::string& graph, const std::map<pid_t, std::string>& processes,
                std::chrono::nanoseconds interval, std::map<std::string, std::uint64_t>& before,
                LaunchStatus& status);

}  // namespace tactus
