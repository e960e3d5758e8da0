// SPDX-License-Identifier: Apache-2.0
#include "host_addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tactus::mesh {
namespace {

std::string to_text(const sockaddr* address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(), text.size());
  return text.data();
}

}  // namespace

std::vector<HostAddress> host_addresses(const std::string& interface) {
  ifaddrs* list = nullptr;
  std::vector<HostAddress> found;
  if (getifaddrs(&list) != 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    if ((entry->ifa_flags & IFF_UP) == 0) continue;
    HostAddress address{entry->ifa_name, to_text(entry->ifa_addr)};
    const bool loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
    const bool asked = address.interface == interface || address.address == interface;
    if (interface.empty() ? !loopback : asked) found.push_back(std::move(address));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace tactus::mesh
