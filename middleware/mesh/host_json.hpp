// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "membership.hpp"

namespace tactus::mesh {

/// The hosts as a JSON array, for `rtctl host`: of each {name, id, addresses, since_ns, clock_id, nodes,
/// topics, last_seen_ns}, and {round_trip_ns, offset_ns, uncertainty_ns} once its clock was compared.
[[nodiscard]] std::string to_json(const std::vector<HostView>& hosts);

}  // namespace tactus::mesh
