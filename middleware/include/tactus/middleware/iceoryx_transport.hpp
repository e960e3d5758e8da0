// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tactus/middleware/broker_client.hpp"

namespace tactus {

/// How messages reach subscribers of the same process (docs/design/hop.md).
enum class Delivery {
  kSlots,  ///< as pointers to memory that the publisher keeps; what cannot, and latched topics, as kPlain
  kPlain,  ///< through iceoryx's queues, as between processes
};

/// Zero-copy topics between the processes of this host. One per process; `broker` must outlive it and its
/// endpoints. Joins iceoryx under broker.runtime_name(): takes some milliseconds. Throws TransportError.
[[nodiscard]] std::unique_ptr<Transport> make_iceoryx_transport(BrokerClient& broker,
                                                                Delivery delivery = Delivery::kSlots);

}  // namespace tactus
