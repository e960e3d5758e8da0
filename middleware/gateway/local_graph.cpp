// SPDX-License-Identifier: Apache-2.0
#include "local_graph.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tactus::gateway {
namespace {

using Json = nlohmann::json;

void add(LocalTopic& topic, const Json& endpoint, bool publisher) {
  if (endpoint.at("node") == kNodeName) return;
  if (topic.type_id.empty()) {
    topic.type = endpoint.at("type");
    topic.type_id = endpoint.at("type_id");
  }
  if (!publisher) {
    ++topic.subscribers;
    return;
  }
  ++topic.publishers;
  topic.history = std::max(topic.history, endpoint.at("history").get<std::uint32_t>());
  topic.max_bytes = std::max(topic.max_bytes, endpoint.at("max_bytes").get<std::uint64_t>());
}

}  // namespace

LocalGraph parse_local_graph(std::string_view json, const std::string& group) {
  const Json graph = Json::parse(json);
  LocalGraph local;
  for (const auto& from : graph.at("topics")) {
    if (from.at("group") != group) continue;
    LocalTopic topic;
    topic.name = from.at("name");
    for (const auto& publisher : from.at("publishers")) add(topic, publisher, true);
    for (const auto& subscriber : from.at("subscribers")) add(topic, subscriber, false);
    if (topic.type_id.empty()) continue;
    local.types[topic.type_id] = graph.at("types").at(topic.type_id);
    local.topics.push_back(std::move(topic));
  }
  std::ranges::sort(local.topics, {}, &LocalTopic::name);
  return local;
}

}  // namespace tactus::gateway
