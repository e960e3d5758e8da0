// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "borrowed.hpp"
#include "endpoint.hpp"

namespace tactus::shm {

/// /// A port of this process from RouDi, connected as far as it can be. Blocks. Throws TransportError when
/// there is none left.
[[nodiscard]] PublisherData& create_port(Shared& shared, const PublisherOptions& options);
[[nodiscard]] SubscriberData& create_port(Shared& shared, const SubscriberOptions& options);

///

/// Says that `pairs` of publishers and subscribers of this topic, though in one process, meet through
/// iceoryx.
void say_left_out(const std::string& node, const std::string& topic, std::size_t pairs);

}  // namespace tactus::shm
