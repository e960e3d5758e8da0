// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pools.hpp"

/// Who may need how much of the host's memory and of iceoryx's compiled limits. Values only.
namespace tactus::broker {

/// Compiled limits of the Debian package, minus RouDi's own ports.
struct Limits {
  std::uint32_t publishers = 500;
  std::uint32_t subscribers = 900;  ///< the rest is for ports in which processes write down their slots
  std::uint32_t subscribers_per_topic = 256;
  std::uint32_t processes = 290;
};

/// One endpoint that exists or is reserved.
struct Claim {
  std::uint32_t holder = 0;  ///< id of the process, or of the launch that reserved it
  bool reserved = false;
  bool publisher = false;
  std::string group, node, topic;
  std::string where;            ///< "xr.launch.yaml:12"; empty where unknown
  std::uint32_t chunks = 0;     ///< at most at once. Publisher: loans + history + 1; subscriber: depth + held
  std::uint64_t max_bytes = 0;  ///< publishers
};

/// What the claims come to. A reservation and the endpoint that is made of it (same group, node, topic and
/// direction) count once.
struct Demand {
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  struct Topic {
    std::uint32_t publishers = 0, subscribers = 0;
    std::uint32_t publisher_chunks = 0, subscriber_chunks = 0;
    std::map<std::size_t, std::uint32_t> pools;    ///< index of the pool -> chunks
    std::map<std::size_t, std::uint32_t> writers;  ///< index of the pool -> publishers that use it
  };
  std::map<std::string, Topic> topics;                            ///< by "group|topic"
  std::vector<std::uint32_t> chunks;                              ///< per pool
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_holder;  ///< per pool
};
[[nodiscard]] Demand demand_of(const std::vector<Pool>& pools, const std::vector<Claim>& claims);

/// Throws TransportError (kNoMemory, kTooMany..., kMessageTooLarge) when `wanted` on top of `claims` does not
/// fit: names the topic, where it was asked for, the needed and the free numbers, who holds the rest, and
/// what to do. What does not make it worse is never refused. `lost` chunks per pool are not to be had;
/// `name_of` a holder is for people.
void check_demand(const std::vector<Pool>& pools, const std::vector<std::uint32_t>& lost,
                  const Limits& limits, const std::vector<Claim>& claims, const std::vector<Claim>& wanted,
                  const std::function<std::string(std::uint32_t)>& name_of);

/// "512 kB", "1 MB": the size of a pool as it is spoken of.
[[nodiscard]] std::string pool_name(const Pool& pool);

}  // namespace tactus::broker
