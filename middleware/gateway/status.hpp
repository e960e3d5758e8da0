// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "inbound.hpp"
#include "local_graph.hpp"
#include "membership.hpp"
#include "outbound.hpp"

/// What the gateway tells `rtctl`: who is there, what crosses, what does not and why.
namespace tactus::gateway {

/// A publisher and a subscriber of one topic on different hosts.
struct NetworkEdge {
  std::string topic;
  std::string from, to;  ///< "host/node"; a foreign participant: "DDS 0110a5.."
  std::string path;      ///< "network"; empty when they do not meet
  std::string reason;    ///< then: why
  friend bool operator==(const NetworkEdge&, const NetworkEdge&) = default;
};

/// Every pair between this host and another. `difference` tells how two definitions of a type differ, by the
/// ids of both; it may not know (yet): an empty text.
using Difference = std::function<std::string(const std::string& here, const std::string& there)>;
[[nodiscard]] std::vector<NetworkEdge> network_edges(const std::string& own_name,
                                                     const std::vector<mesh::TopicUse>& own,
                                                     const std::vector<mesh::HostView>& hosts,
                                                     const Filter& filter, const Difference& difference);

struct Status {
  std::string host;
  std::uint32_t domain = 0;
  std::string interface;
  std::vector<mesh::HostView> hosts;
  std::vector<OutboundStatus> outbound;
  std::vector<InboundStatus> inbound;
  std::vector<NetworkEdge> edges;
  std::vector<Refusal> refusals;
  std::uint64_t malformed = 0;                ///< of the mesh's own topics
  std::int64_t delay_ns = 0;                  ///< what samples wait on their way out
  std::map<std::uint64_t, Balance> balances;  ///< of a writer's last second, by RemoteWriter::writer
};
[[nodiscard]] std::string to_json(const Status& status);

}  // namespace tactus::gateway
