// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "discovery.hpp"
#include "tactus/middleware/doorbell.hpp"
#include "tactus/middleware/transport.hpp"

namespace rtctl {

/// Topics of a DDS domain as a transport: what a tool needs to read and write them. Messages live on the
/// heap. Subscribers ring the one doorbell. `group` is the partition.
[[nodiscard]] std::unique_ptr<tactus::Transport> make_network_transport(
    const tactus::dds::Participant& participant, const tactus::dds::Discovery& discovery,
    const std::string& group, tactus::Doorbell& doorbell);

}  // namespace rtctl
