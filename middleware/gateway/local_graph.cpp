// SPDX-License-Identifier: Apache-2.0
#include "local_graph.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tactus::gateway {
namespace {

using Json = nlohmann::json;

void add(LocalTopic& topic, mesh::TopicUse& use, const Json& endpoint, bool publisher) {
  if (endpoint.at("node") == kNodeName) return;
  if (topic.type_id.empty()) {
    topic.type = endpoint.at("type");
    topic.type_id = endpoint.at("type_id");
  }
  (publisher ? use.publishers : use.subscribers).push_back(endpoint.at("node"));
  if (!publisher) {
    ++topic.subscribers;
    return;
  }
  ++topic.publishers;
  topic.history = std::max(topic.history, endpoint.at("history").get<std::uint32_t>());
  topic.max_bytes = std::max(topic.max_bytes, endpoint.at("max_bytes").get<std::uint64_t>());
}

bool keep_others(Json& endpoints) {
  Json kept = Json::array();
  for (Json& endpoint : endpoints) {
    if (endpoint.at("node") != kNodeName) kept.push_back(std::move(endpoint));
  }
  endpoints = std::move(kept);
  return !endpoints.empty();
}

}  // namespace

LocalGraph parse_local_graph(std::string_view json, const std::string& group) {
  const Json graph = Json::parse(json);
  LocalGraph local;
  for (const auto& from : graph.at("topics")) {
    if (from.at("group") != group) continue;
    LocalTopic topic;
    mesh::TopicUse use;
    topic.name = from.at("name");
    for (const auto& publisher : from.at("publishers")) add(topic, use, publisher, true);
    for (const auto& subscriber : from.at("subscribers")) add(topic, use, subscriber, false);
    if (topic.type_id.empty()) continue;
    local.types[topic.type_id] = graph.at("types").at(topic.type_id);
    use.name = topic.name;
    use.type = topic.type;
    use.type_id = topic.type_id;
    local.topics.push_back(std::move(topic));
    local.uses.push_back(std::move(use));
  }
  for (const auto& node : graph.value("nodes", Json::array())) {
    if (node.at("group") == group) local.nodes.push_back(node.at("name"));
  }
  std::ranges::sort(local.topics, {}, &LocalTopic::name);
  std::ranges::sort(local.uses, {}, &mesh::TopicUse::name);
  std::ranges::sort(local.nodes);
  return local;
}

std::string graph_of_group(std::string_view json, const std::string& group) {
  const Json graph = Json::parse(json);
  Json own{{"generation", graph.at("generation")}};
  for (const char* list : {"processes", "nodes", "topics", "edges", "mismatches"}) {
    own[list] = Json::array();
    for (const Json& item : graph.at(list)) {
      if (item.at("group") == group) own[list].push_back(item);
    }
  }
  Json topics = Json::array();
  own["types"] = Json::object();
  for (Json& topic : own["topics"]) {
    const bool published = keep_others(topic.at("publishers"));
    if (!keep_others(topic.at("subscribers")) && !published) continue;
    for (const char* side : {"publishers", "subscribers"}) {
      for (const Json& endpoint : topic.at(side)) {
        const std::string id = endpoint.at("type_id");
        own["types"][id] = graph.at("types").at(id);
      }
    }
    topics.push_back(std::move(topic));
  }
  own["topics"] = std::move(topics);
  for (const char* list : {"edges", "mismatches"})
    own[list].erase(std::remove_if(own[list].begin(), own[list].end(),
                                   [](const Json& edge) {
                                     return edge.at("from") == kNodeName || edge.at("to") == kNodeName;
                                   }),
                    own[list].end());
  return own.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tactus::gateway
