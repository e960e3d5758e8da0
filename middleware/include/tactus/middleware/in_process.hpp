// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tactus/middleware/transport.hpp"

namespace tactus {

/// The reference transport: topics between endpoints of one process, without a broker. For tests and the
/// Harness. Its endpoints must not outlive it. Doorbells are not rung: callers poll. Loaning and taking are
/// safe from several threads.
[[nodiscard]] std::unique_ptr<Transport> make_in_process_transport();

}  // namespace tactus
