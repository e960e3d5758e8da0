// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tactus/middleware/pages.hpp"
#include "tactus/middleware/post_mortem.hpp"

namespace tactus {

/// Writes what a node is doing into its process' page, where others can read it, also after a crash.
/// Thread: the node's. Never blocks, never allocates.
class NodeProbe {
 public:
  /// `counters` outlives the probe.
  NodeProbe(NodeCounters& counters, std::string_view name) noexcept;

  void begin(NodePhase phase, std::uint64_t cycle, std::int64_t start_ns) noexcept;  ///< before every call
  void end(NodePhase phase, std::int64_t run_ns) noexcept;                           ///< after every call
  void deadline_missed() noexcept;
  void over_budget() noexcept;
  void input_stale() noexcept;
  void releases_skipped(std::uint64_t count) noexcept;
  void fault() noexcept;
  void set_state(NodeState state) noexcept;
  [[nodiscard]] NodeState state() const noexcept;  ///< any thread

 private:
  NodeCounters& counters_;
};

}  // namespace tactus
