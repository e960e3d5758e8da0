// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The other hosts of the mesh, as a gateway sees them.
namespace rtctl {

struct HostTopic {
  std::string name;
  std::string type;
  std::vector<std::string> publishers;  ///< names of nodes
  std::vector<std::string> subscribers;
  bool exported = true;
};

struct Host {
  std::string name;
  std::string seen_from;  ///< whose gateway tells it
  std::vector<std::string> addresses;
  std::int64_t since_ns = 0;  ///< its own clock
  std::vector<std::string> nodes;
  std::vector<HostTopic> topics;
  std::int64_t last_seen_ns = 0;  ///< CLOCK_MONOTONIC of this machine
  struct Clock {
    std::int64_t round_trip_ns = 0;
    std::int64_t offset_ns = 0;  ///< its clock minus ours
    std::int64_t uncertainty_ns = 0;
  };
  std::optional<Clock> clock;
  std::int64_t delay_ns = 0;       ///< what its samples wait on their way out
  std::vector<std::string> sheds;  ///< topics that it leaves out, to keep the others in time
};

/// From the broker's graph: what the gateways of this host say, of one group or of all. Throws Failure when
/// there is no gateway.
[[nodiscard]] std::vector<Host> parse_hosts(std::string_view graph, const std::optional<std::string>& group);

/// Throws Failure naming the nearest one.
[[nodiscard]] const Host& find_host(const std::vector<Host>& hosts, const std::string& name);

/// "+1.2 ms +- 85 us"; "-" when it is not known.
[[nodiscard]] std::string offset_text(const Host& host);
/// How many topics a host publishes and lets out, and how many it reads.
[[nodiscard]] std::size_t offered(const Host& host);
[[nodiscard]] std::size_t wanted(const Host& host);

}  // namespace rtctl
