// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/post_mortem.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace tactus {

const char* to_text(NodePhase phase) noexcept {
  constexpr const char* kNames[] = {"idle", "start", "step", "run", "stop"};
  const auto index = static_cast<std::size_t>(phase);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

std::string unfinished_calls(const ProcessPage& page) {
  std::string text;
  for (const NodeCounters& node : used_nodes(page)) {
    const NodePhase phase = node.phase.load(std::memory_order_acquire);
    if (node.state.load() == NodeState::kUnused || phase == NodePhase::kIdle) continue;
    const auto end = std::find(node.name.begin(), node.name.end(), '\0');
    text += fmt::format("{} {} was in {}() (cycle {})", text.empty() ? " while" : ",",
                        std::string(node.name.begin(), end), to_text(phase), node.cycle.load());
  }
  return text;
}

}  // namespace tactus
