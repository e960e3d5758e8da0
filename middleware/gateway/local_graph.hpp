// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridges.hpp"

namespace tactus::gateway {

/// This host's topics of one group.
struct LocalGraph {
  std::vector<LocalTopic> topics;            ///< by name
  std::map<std::string, std::string> types;  ///< type id -> tactus::serialize_type()
};

/// From BrokerClient::graph(). Throws std::exception when it is none.
[[nodiscard]] LocalGraph parse_local_graph(std::string_view json, const std::string& group);

}  // namespace tactus::gateway
