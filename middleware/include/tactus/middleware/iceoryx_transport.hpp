// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tactus/middleware/broker_client.hpp"

namespace tactus {

/// Zero-copy topics between the processes of this host. One per process; `broker` must outlive it and its
/// endpoints. Joins iceoryx under broker.runtime_name(): takes some milliseconds. Throws TransportError.
[[nodiscard]] std::unique_ptr<Transport> make_iceoryx_transport(BrokerClient& broker);

}  // namespace tactus
