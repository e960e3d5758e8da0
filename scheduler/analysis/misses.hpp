// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flight_view.hpp"

/// Who was late, who suffered, and through whom. Values in, values out.
namespace tactus {

enum class MissKind {
  kDeadline,  ///< the call ended after its deadline
  kBudget,    ///< the call ran longer than its budget
  kSkipped,   ///< instants of `every:` passed while nobody called the node
  kFault,     ///< the call threw
};
[[nodiscard]] const char* to_text(MissKind kind) noexcept;  ///< "deadline", "budget", "skipped", "fault"

enum class CulpritKind {
  kOwnRunTime,   ///< the node itself ran for too long
  kEarlierNode,  ///< a node that the same thread called before it
  kPreemption,   ///< a thread that runs before it on the same CPU
  kWakeUp,       ///< its thread slept although nothing else of Tactus ran there: the machine woke it late
  kStart,        ///< it was due before its node had started: its message was sent to a process on its way up
};
/// "own run time", "earlier node", "preemption", "wake-up", "start"
[[nodiscard]] const char* to_text(CulpritKind kind) noexcept;

struct Culprit {
  CulpritKind kind = CulpritKind::kWakeUp;
  std::string node{};        ///< empty for kWakeUp and kStart
  std::string thread{};      ///< that called it
  std::uint64_t cycle = 0;   ///< of that node, of its longest call in the way
  std::int64_t took_ns = 0;  ///< of the victim's time
  bool over_budget = false;  ///< that call ran longer than its own budget
};

/// A message that released or fed the victim's call and was itself late: its publisher missed something in
/// the call that published it.
struct LateInput {
  std::string topic, node;  ///< of the publisher
  std::uint64_t cycle = 0;
};

struct Miss {
  MissKind kind = MissKind::kDeadline;
  std::string node;  ///< the victim
  std::string thread, process;
  std::uint64_t cycle = 0;
  std::int64_t when_ns = 0;  ///< CLOCK_MONOTONIC, the end of the call; kSkipped: its start
  std::int64_t by_ns = 0;    ///< beyond the deadline, or the budget
  std::uint64_t count = 1;   ///< kSkipped: instants
  Culprit culprit;
  std::optional<LateInput> late_input{};
  std::vector<std::string> also_hit{};  ///< nodes whose misses have this call as their culprit
};

/// All that the recorders hold, oldest first. A deadline counts from the instant a call was due, so all that
/// kept the node from being done is in that time: its own work, what its thread called first, what ran
/// instead of its thread, and what is left is the machine's. The largest part is the culprit; of the node's
/// own work only what exceeds its budget, where it has one.
[[nodiscard]] std::vector<Miss> find_misses(const std::vector<FlightProcess>& processes);

/// "/b was called 2.1 ms late: /a, which the same thread calls first, ran over its budget (cycle 7)"
[[nodiscard]] std::string to_text(const Miss& miss);

}  // namespace tactus
