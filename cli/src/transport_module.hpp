// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace tactus {
class BrokerClient;
class Transport;
}  // namespace tactus

/// What joins shared memory is a module that only echo and pub load: it costs the other verbs nothing.
namespace rtctl {

using MakeTransport = std::unique_ptr<tactus::Transport>(tactus::BrokerClient& broker);
inline constexpr const char* kMakeTransport = "rtctl_make_transport";
inline constexpr const char* kTransportModule = "librtctl_transport.so";

}  // namespace rtctl
