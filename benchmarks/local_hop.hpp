// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus::benchmarks {

/// What stays inside one thread: calls of nodes, and hops between the nodes of one executor over the
/// in-process transport and over `iceoryx`. The process has joined iceoryx before.
[[nodiscard]] std::vector<Row> local_rows(Transport& iceoryx);

/// A source, relays and a sink on one executor in one thread, called every millisecond: nanoseconds per
/// hop, beside bare iceoryx and bare virtual calls in turn.
[[nodiscard]] std::vector<Row> chain_rows(Transport& iceoryx, bool quick);

}  // namespace tactus::benchmarks
