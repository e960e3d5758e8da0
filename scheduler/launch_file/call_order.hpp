// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tactus/scheduler/plan.hpp"

namespace tactus::launch_file {

/// An input that sees, one pass later, what a node called after its own publishes.
struct LateRead {
  const PlannedNode* reader;
  const PlannedNode* writer;
  const PortDescription* input;  ///< of the reader
  std::string topic;
  bool operator==(const LateRead&) const = default;
};

/// Those of one executor whose nodes are called in this order.
[[nodiscard]] std::vector<LateRead> late_reads_of(const std::vector<const PlannedNode*>& order);

}  // namespace tactus::launch_file
