// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tactus {

/// What becomes of a topic when more is to leave this host than the network takes.
struct TopicPriority {
  static constexpr int kKeep = 10;  ///< `keep`: never shed
  std::string topic;                ///< `/camera/*` for all that begin so; the longest that fits counts
  int priority = kKeep;             ///< 0 to 9: may be shed, the lowest first

  friend bool operator==(const TopicPriority&, const TopicPriority&) = default;
};

/// `network:` of a launch file: how its topics reach other hosts.
struct NetworkSettings {
  std::uint32_t domain = 0;          ///< DDS domain, 0 to 230
  std::string interface;             ///< name or address; empty: the only one there is
  std::vector<std::string> peers;    ///< addresses of hosts that multicast does not reach
  bool multicast = true;             ///< false: peers only
  std::vector<std::string> exports;  ///< topics that may leave this host, `/camera/*`; empty: all
  std::vector<std::string> imports;  ///< topics to take in although they have a publisher here
  std::string ros = "humble";        ///< whose list of nodes they appear in: humble, iron (and later), off
  std::vector<TopicPriority> priorities;  ///< of others: large messages may be shed, small ones are kept
  std::string security;                   ///< folder of this host's keys; empty: anybody reads and writes
  bool loss_free = false;                 ///< nothing is lost on this network: larger datagrams

  friend bool operator==(const NetworkSettings&, const NetworkSettings&) = default;
};

}  // namespace tactus
