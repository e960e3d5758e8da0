// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tactus {
class BrokerClient;
class Transport;
}  // namespace tactus

/// What joins shared memory and what writes PNG files is a module that only echo and pub load: it costs the
/// other verbs nothing.
namespace rtctl {

using MakeTransport = std::unique_ptr<tactus::Transport>(tactus::BrokerClient& broker);
inline constexpr const char* kMakeTransport = "rtctl_make_transport";

/// Writes 8-bit grey (1 channel) or RGB (3) values; returns what went wrong, nothing when it did not.
using WritePng = std::string(const char* file, const std::uint8_t* values, std::uint32_t width,
                             std::uint32_t height, std::uint32_t channels);
inline constexpr const char* kWritePng = "rtctl_write_png";

inline constexpr const char* kTransportModule = "librtctl_transport.so";

/// A function of a module, loaded at the first call. Throws Failure.
[[nodiscard]] void* load_symbol(const char* name, const char* module);
template <typename Function>
[[nodiscard]] Function* load_function(const char* name, const char* module = kTransportModule) {
  return reinterpret_cast<Function*>(load_symbol(name, module));
}

}  // namespace rtctl
