// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "discovery.hpp"
#include "ros_names.hpp"

/// What crosses the network: a pure function of what is wanted here and there.
namespace tactus::gateway {

using dds::dds_topic, dds::dds_type, dds::user_value;

/// Node name of the gateway's own endpoints; topics that only it uses are used by nobody.
inline constexpr const char* kNodeName = "/tactus_gateway";

/// A topic of this host as the broker's graph tells it, the gateway's own endpoints left out.
struct LocalTopic {
  std::string name;     ///< "/head/pose"
  std::string type;     ///< "geometry_msgs/msg/PoseStamped"
  std::string type_id;  ///< key into LocalGraph::types
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  std::uint32_t history = 0;    ///< largest of the publishers: latched when not 0
  std::uint64_t max_bytes = 0;  ///< largest of the publishers
  friend bool operator==(const LocalTopic&, const LocalTopic&) = default;
};

/// A topic that keeps others waiting may be shed, the lowest priority first.
inline constexpr int kBulkPriority = 5;  ///< of topics that nobody gave one: large messages, and only those
inline constexpr int kKeep = 10;         ///< never shed
struct Priority {
  std::string topic;  ///< a trailing '*' stands for any rest
  int priority = kKeep;
};

/// A chain of the launch that begins with this topic: on another host, too.
struct ChainBegin {
  std::string topic;
  std::uint32_t id = 0;  ///< ChainSlot::origin_id
};

/// Topics that may cross, by name; a trailing '*' stands for any rest.
struct Filter {
  std::string group;                 ///< DDS partition; empty: where ROS 2 is
  std::vector<std::string> exports;  ///< empty: all
  std::vector<std::string> imports;  ///< imported even when the topic has a publisher here
  /// Width of the ids in ROS 2's list of nodes: 24 until Humble, 16 from Iron on; 0: our nodes are not in it.
  std::size_t ros_gid_bytes = 24;
  std::vector<Priority> priorities{};
  std::vector<ChainBegin> chains{};
};

/// True when one of the patterns names the topic.
[[nodiscard]] bool listed(const std::vector<std::string>& patterns, const std::string& topic);
/// What the filter lets leave this host. Topics of Tactus itself stay: each host has its own.
[[nodiscard]] bool may_leave(const Filter& filter, const std::string& topic);

/// One topic in one direction.
struct Bridge {
  std::string topic;
  std::string type;
  std::string type_id;
  bool latched = false;
  bool reliable = true;
  std::uint64_t max_bytes = 0;  ///< of the messages; import: as the other side says, 0 = unknown
  bool waiting = false;         ///< import: nobody writes it yet, the reader only tells that it is wanted
  friend bool operator==(const Bridge&, const Bridge&) = default;
};

/// The same DDS reader serves both.
[[nodiscard]] inline bool same_reader(const Bridge& a, const Bridge& b) noexcept {
  return a.topic == b.topic && a.type_id == b.type_id && a.latched == b.latched && a.reliable == b.reliable;
}

/// Topics with larger messages have threads of their own, so that they delay nobody.
inline constexpr std::uint64_t kBulkBytes = std::uint64_t{64} << 10;
[[nodiscard]] inline bool is_bulk(const Bridge& bridge) noexcept { return bridge.max_bytes > kBulkBytes; }

/// Chains that begin with the topic.
[[nodiscard]] std::vector<std::uint32_t> chains_of(const Filter& filter, const std::string& topic);

/// Of what the filter says, the longest name that fits counts.
[[nodiscard]] int priority_of(const Filter& filter, const Bridge& bridge);

/// How many samples DDS keeps for a topic with messages of so many bytes: until they are acknowledged on one
/// side, until they are taken on the other. A burst of small ones after one that was lost fits; large ones
/// are no burden when the network is slow.
[[nodiscard]] std::uint32_t dds_depth(std::uint64_t max_bytes) noexcept;

/// Late readers get the last ones of a latched topic.
inline constexpr std::uint32_t kLatchedDepth = 10;

/// Why a pair of endpoints of one name does not meet.
struct Refusal {
  std::string topic;
  std::string reason;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct Bridges {
  std::vector<Bridge> exports;
  std::vector<Bridge> imports;
  std::vector<Refusal> refusals;
};

/// Export: a publisher here, a reader there. Import: a subscriber here and, unless listed, no publisher here;
/// what nobody writes yet is waiting: its reader is what makes the other side export. Sorted by topic.
[[nodiscard]] Bridges wanted_bridges(const std::vector<LocalTopic>& local,
                                     const std::vector<dds::RemoteEndpoint>& remote_readers,
                                     const std::vector<dds::RemoteEndpoint>& remote_writers,
                                     const Filter& filter);

/// "export=<id>;" in the user data of a writer: which entry of the ledger counts it.
[[nodiscard]] std::string ledger_writer_text(std::uint64_t id);
[[nodiscard]] std::uint64_t ledger_writer_of(std::string_view user_data);  ///< 0: of no gateway

}  // namespace tactus::gateway
