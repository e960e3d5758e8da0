// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "planner.hpp"

namespace tactus::launch_file {
namespace {

constexpr const char* kSimulation = "simulation";

/// Virtual time exists in one process: nothing goes out of it, nothing comes in.
void refuse_outside(Draft& draft) {
  const Document& document = draft.document;
  if (document.network)
    draft.error(document.clock_at,
                "clock: simulated has no network: nothing reaches other hosts on virtual time; "
                "remove network:, or the simulated clock");
  for (const std::string& topic : document.external)
    draft.error(document.clock_at, fmt::format("clock: simulated has no external topics: {} of another "
                                               "launch cannot come in; publish it here",
                                               topic));
}

}  // namespace

void plan_simulation(Draft& draft) {
  refuse_outside(draft);
  for (const NodeEntryText& entry : draft.document.nodes) {
    if (entry.trigger.kind == TriggerKind::kSelfLooping && entry.takes_ns < 0)
      draft.error(entry.at,
                  fmt::format("node '{}' is self-looping: with clock: simulated say how long a round "
                              "takes it, takes: 30ms; 0ms when it paces itself, as sources do",
                              entry.name));
  }
  for (PlannedNode& node : draft.plan.nodes) node.process = kSimulation;
  draft.plan.realtime = RealtimeMode::kOff;
  draft.plan.clock_rate = 0;
}

}  // namespace tactus::launch_file
