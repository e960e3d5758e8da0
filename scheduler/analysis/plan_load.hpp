// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schedulability.hpp"
#include "tactus/scheduler/plan.hpp"

namespace tactus {

/// What a launch plan declares about its load, for a machine of so many CPUs. The most that may come on a
/// topic that nobody of known period publishes is what `expect:` allows.
[[nodiscard]] Load load_of(const LaunchPlan& plan, std::size_t cpus);

}  // namespace tactus
