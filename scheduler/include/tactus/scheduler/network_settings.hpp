// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tactus {

/// `network:` of a launch file: how its topics reach other hosts.
struct NetworkSettings {
  std::uint32_t domain = 0;          ///< DDS domain, 0 to 230
  std::string interface;             ///< name or address; empty: the only one there is
  std::vector<std::string> peers;    ///< addresses of hosts that multicast does not reach
  bool multicast = true;             ///< false: peers only
  std::vector<std::string> exports;  ///< topics that may leave this host, `/camera/*`; empty: all
  std::vector<std::string> imports;  ///< topics to take in although they have a publisher here
  std::string ros = "humble";        ///< whose list of nodes they appear in: humble, iron (and later), off

  friend bool operator==(const NetworkSettings&, const NetworkSettings&) = default;
};

}  // namespace tactus
