// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridges.hpp"
#include "descriptions.hpp"

namespace tactus::gateway {

/// This host's topics of one group.
struct LocalGraph {
  std::vector<LocalTopic> topics;            ///< by name
  std::map<std::string, std::string> types;  ///< type id -> tactus::serialize_type()
  std::vector<std::string> nodes;            ///< names, sorted
  std::vector<mesh::TopicUse> uses;          ///< by name, as the other hosts are told; all of them exported
};

/// From BrokerClient::graph(). Throws std::exception when it is none.
[[nodiscard]] LocalGraph parse_local_graph(std::string_view json, const std::string& group);

/// The part of BrokerClient::graph() that belongs to a group, the gateway's own endpoints left out: what a
/// tool on another host is answered. Throws std::exception when it is none.
[[nodiscard]] std::string graph_of_group(std::string_view json, const std::string& group);

}  // namespace tactus::gateway
