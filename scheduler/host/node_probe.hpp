// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "flight_log.hpp"
#include "tactus/middleware/post_mortem.hpp"

namespace tactus {

/// Writes what a node is doing into its process' page, where others can read it, also after a crash.
/// Thread: the node's. Never blocks, never allocates, makes no system call.
class NodeProbe {
 public:
  NodeProbe(const NodePlace& place, FlightLog& flight, std::string_view name) noexcept;

  /// What the launch declares for it; 0: none. Before the first call.
  void declare(std::int64_t period_ns, std::int64_t deadline_ns, std::int64_t budget_ns) noexcept;

  /// Before every call. All instants are of CLOCK_MONOTONIC; `due_ns`: when the call should have begun.
  void begin(NodePhase phase, std::uint64_t cycle, std::int64_t due_ns, std::int64_t start_ns) noexcept;
  /// After every call; `outcome`: FlightOutcome bits.
  void end(std::int64_t end_ns, std::uint8_t outcome) noexcept;
  /// A self-looping node goes to wait, and comes back. What lies between two waits is measured as a call is.
  void waits(std::int64_t now_ns) noexcept;
  void wakes(std::int64_t now_ns) noexcept;

  void input_stale() noexcept;
  void releases_skipped(std::uint64_t count, std::int64_t now_ns) noexcept;
  void fault() noexcept;
  void set_state(NodeState state) noexcept;
  /// Prefetches what the next call will write.
  void warm() const noexcept;
  [[nodiscard]] NodeState state() const noexcept;  ///< any thread

 private:
  struct Call {
    NodePhase phase = NodePhase::kIdle;
    std::uint64_t cycle = 0;
    std::int64_t due_ns = 0, start_ns = 0;
  };
  void measure(const Call& call, std::int64_t end_ns) noexcept;

  NodeCounters& counters_;
  NodeTimes& times_;
  FlightLog& flight_;
  Call call_;
  std::int64_t last_start_ns_ = 0;  ///< of the call before; 0: there was none
  std::int64_t last_period_ns_ = 0, last_jitter_ns_ = 0, last_run_ns_ = 0, last_response_ns_ = 0;
};

}  // namespace tactus
