// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus::benchmarks {

/// What stays inside one thread: calls of nodes, and hops between the nodes of one executor over the
/// in-process transport and over `iceoryx`. The process has joined iceoryx before.
[[nodiscard]] std::vector<Row> local_rows(Transport& iceoryx);

}  // namespace tactus::benchmarks
