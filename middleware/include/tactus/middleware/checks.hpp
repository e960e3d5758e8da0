// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactus/middleware/transport.hpp"

namespace tactus {

/// Refuse what no transport accepts: names, a missing type, depth, history, loans, held quota, size.
/// Throw TransportError naming node, topic, number and limit.
void check_options(const PublisherOptions& options);
void check_options(const SubscriberOptions& options);

}  // namespace tactus
