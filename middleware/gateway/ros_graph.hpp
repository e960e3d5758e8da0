// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "descriptions.hpp"
#include "discovery.hpp"
#include "endpoints.hpp"

/// Our nodes in ROS 2's lists: its topic ros_discovery_info says which DDS endpoints belong to which node.
namespace tactus::gateway {

using Guid = std::array<std::uint8_t, 16>;

struct RosNode {
  std::string node_namespace;  ///< "/left"
  std::string name;            ///< "camera"
  std::vector<Guid> readers;
  std::vector<Guid> writers;
  friend bool operator==(const RosNode&, const RosNode&) = default;
};

/// The nodes of this host, with the endpoints of the topics that they publish and take and that cross now.
[[nodiscard]] std::vector<RosNode> ros_nodes(const std::vector<std::string>& nodes,
                                             const std::vector<mesh::TopicUse>& topics,
                                             const std::vector<dds::RemoteEndpoint>& own_readers,
                                             const std::vector<dds::RemoteEndpoint>& own_writers);

/// rmw_dds_common/msg/ParticipantEntitiesInfo in CDR, its encapsulation header included. `gid_bytes`: 24
/// until ROS 2 Humble, 16 from Iron on; the type's name is the same.
[[nodiscard]] std::vector<std::byte> ros_participant(const Guid& participant,
                                                     const std::vector<RosNode>& nodes,
                                                     std::size_t gid_bytes);

/// Writes it when something changed. Thread: one.
class RosGraph {
 public:
  /// Throws dds::NetworkError.
  RosGraph(const dds::Participant& participant, std::size_t gid_bytes);
  void say(const std::vector<std::string>& nodes, const std::vector<mesh::TopicUse>& topics,
           const dds::Discovery& discovery);

 private:
  std::size_t gid_bytes_;
  dds::Writer writer_;
  std::vector<std::byte> said_;
};

}  // namespace tactus::gateway
