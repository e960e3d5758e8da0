// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "graph.hpp"

namespace rtctl {

/// Messages per second by {group, topic}.
using Rates = std::map<std::pair<std::string, std::string>, double>;

/// The graph as a Mermaid flowchart: processes as boxes around their nodes, topics with types and rates
/// between them, what does not connect as a dotted line with the reason.
[[nodiscard]] std::string mermaid(const Graph& graph, const Rates& rates);

}  // namespace rtctl
