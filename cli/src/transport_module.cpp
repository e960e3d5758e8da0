// SPDX-License-Identifier: Apache-2.0
#include "transport_module.hpp"

#include "tactus/middleware/iceoryx_transport.hpp"

/// Found by its name only; both sides are built together.
extern "C" __attribute__((visibility("default"))) std::unique_ptr<tactus::Transport> rtctl_make_transport(
    tactus::BrokerClient& broker) {
  return tactus::make_iceoryx_transport(broker);
}
