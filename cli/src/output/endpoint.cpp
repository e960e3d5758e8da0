// SPDX-License-Identifier: Apache-2.0
#include "output/endpoint.hpp"

#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

Json counters_json(const Endpoint& endpoint) {
  return {{"messages", endpoint.messages}, {"bytes", endpoint.bytes}, {"dropped", endpoint.dropped}};
}

}  // namespace

Json publishers_json(const Topic& topic) {
  Json list = Json::array();
  for (const Endpoint& one : topic.publishers) {
    list.push_back({{"node", one.node},
                    {"type", one.type},
                    {"type_id", one.type_id},
                    {"history", one.history},
                    {"max_bytes", one.max_bytes}});
    list.back().update(counters_json(one));
  }
  return list;
}

Json subscribers_json(const Topic& topic) {
  Json list = Json::array();
  for (const Endpoint& one : topic.subscribers) {
    list.push_back({{"node", one.node}, {"type", one.type}, {"type_id", one.type_id}, {"depth", one.depth}});
    list.back().update(counters_json(one));
  }
  return list;
}

}  // namespace rtctl
