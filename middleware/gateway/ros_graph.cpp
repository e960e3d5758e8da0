// SPDX-License-Identifier: Apache-2.0
#include "ros_graph.hpp"

#include <algorithm>
#include <cstring>

#include "ros_names.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::gateway {
namespace {

/// CDR of what is four bytes wide, of bytes and of texts: all that the message consists of.
class Cdr {
 public:
  Cdr() { append(std::array<std::uint8_t, 4>{0, 1, 0, 0}); }
  void number(std::size_t value) {
    bytes_.resize((bytes_.size() + 3) / 4 * 4);  // the header is four bytes long: aligned as the body
    const auto narrow = static_cast<std::uint32_t>(value);
    std::array<std::uint8_t, 4> raw{};
    std::memcpy(raw.data(), &narrow, 4);
    append(raw);
  }
  void text(const std::string& value) {
    number(value.size() + 1);
    append(value);
    bytes_.push_back(std::byte{0});
  }
  void gid(const Guid& value, std::size_t width) {
    append(value);
    bytes_.resize(bytes_.size() + width - value.size());
  }
  void gids(const std::vector<Guid>& values, std::size_t width) {
    number(values.size());
    for (const Guid& value : values) gid(value, width);
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  template <typename Bytes>
  void append(const Bytes& more) {
    for (const auto byte : more) bytes_.push_back(static_cast<std::byte>(byte));
  }
  std::vector<std::byte> bytes_;
};

std::vector<Guid> endpoints_of(const std::string& node, const std::vector<mesh::TopicUse>& topics,
                               const std::vector<dds::RemoteEndpoint>& own,
                               std::vector<std::string> mesh::TopicUse::*users) {
  std::vector<Guid> guids;
  for (const auto& topic : topics) {
    if (std::ranges::find(topic.*users, node) == (topic.*users).end()) continue;
    for (const auto& endpoint : own) {
      if (endpoint.topic == dds::dds_topic(topic.name)) guids.push_back(endpoint.guid);
    }
  }
  return guids;
}

}  // namespace

std::vector<RosNode> ros_nodes(const std::vector<std::string>& nodes,
                               const std::vector<mesh::TopicUse>& topics,
                               const std::vector<dds::RemoteEndpoint>& own_readers,
                               const std::vector<dds::RemoteEndpoint>& own_writers) {
  std::vector<RosNode> list;
  for (const auto& node : nodes) {
    const auto slash = node.rfind('/');
    list.push_back({slash == 0 || slash == std::string::npos ? "/" : node.substr(0, slash),
                    node.substr(slash + 1),
                    endpoints_of(node, topics, own_readers, &mesh::TopicUse::subscribers),
                    endpoints_of(node, topics, own_writers, &mesh::TopicUse::publishers)});
  }
  return list;
}

std::vector<std::byte> ros_participant(const Guid& participant, const std::vector<RosNode>& nodes,
                                       std::size_t gid_bytes) {
  Cdr cdr;
  cdr.gid(participant, gid_bytes);
  cdr.number(nodes.size());
  for (const auto& node : nodes) {
    cdr.text(node.node_namespace);
    cdr.text(node.name);
    cdr.gids(node.readers, gid_bytes);
    cdr.gids(node.writers, gid_bytes);
  }
  return cdr.take();
}

RosGraph::RosGraph(const dds::Participant& participant, std::size_t gid_bytes)
    : gid_bytes_{gid_bytes},
      writer_{participant,
              {.topic = "ros_discovery_info",
               .type = "rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_",
               .depth = 1,
               .latched = true}} {}

void RosGraph::say(const std::vector<std::string>& nodes, const std::vector<mesh::TopicUse>& topics,
                   const dds::Discovery& discovery) {
  const auto writers = discovery.own_writers();
  if (writers.empty()) return;
  auto bytes = ros_participant(writers.front().participant,
                               ros_nodes(nodes, topics, discovery.own_readers(), writers), gid_bytes_);
  if (bytes == said_) return;
  dds::CdrBuffer cdr{bytes.size()};
  std::memcpy(cdr.data(), bytes.data(), bytes.size());
  writer_.write(std::move(cdr), to_ns(group_now()));
  said_ = std::move(bytes);
}

}  // namespace tactus::gateway
