// SPDX-License-Identifier: Apache-2.0
#include "host_json.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace tactus::mesh {
namespace {

using Json = nlohmann::json;

Json json_of(const HostView& host) {
  Json topics = Json::array();
  for (const auto& topic : host.about.topics)
    topics.push_back({{"name", topic.name},
                      {"type", topic.type},
                      {"type_id", topic.type_id},
                      {"publishers", topic.publishers},
                      {"subscribers", topic.subscribers},
                      {"exported", topic.exported}});
  Json sheds = Json::array();
  for (const auto& topic : host.ledger.topics) {
    if (topic.shedding) sheds.push_back(topic.topic);
  }
  Json json{{"name", host.about.name},           {"id", fmt::format("{:x}", host.id)},
            {"addresses", host.about.addresses}, {"since_ns", host.about.since_ns},
            {"clock_id", host.about.clock_id},   {"nodes", host.about.nodes},
            {"topics", std::move(topics)},       {"last_seen_ns", host.last_seen_ns},
            {"delay_ns", host.ledger.delay_ns},  {"sheds", std::move(sheds)}};
  if (host.clock)
    json.update({{"round_trip_ns", host.clock->round_trip_ns},
                 {"offset_ns", host.clock->offset_ns},
                 {"uncertainty_ns", host.clock->uncertainty_ns}});
  return json;
}

}  // namespace

std::string to_json(const std::vector<HostView>& hosts) {
  Json list = Json::array();
  for (const HostView& host : hosts) list.push_back(json_of(host));
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tactus::mesh
