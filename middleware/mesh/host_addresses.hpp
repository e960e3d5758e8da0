// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace tactus::mesh {

/// An IPv4 address that this host has now, on an interface that is up.
struct HostAddress {
  std::string interface;  ///< "eth0"
  std::string address;    ///< "10.0.0.1"
  // NOLINTNEXTLINE(modernize-use-nullptr): the 0 is the compiler's own
  friend auto operator<=>(const HostAddress&, const HostAddress&) = default;
};

/// Of `interface` (a name or an address), of all but the loopback when that is empty. Sorted. Cyclone binds
/// to them once: when they change, the participant has to be made anew.
[[nodiscard]] std::vector<HostAddress> host_addresses(const std::string& interface);

}  // namespace tactus::mesh
