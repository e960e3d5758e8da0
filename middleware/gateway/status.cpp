// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host_json.hpp"

namespace tactus::gateway {
namespace {

using Json = nlohmann::json;

struct Side {
  const std::string& host;
  const mesh::TopicUse& use;
};

/// Why nothing of `from` reaches `to`; empty when it does.
std::string obstacle(const Side& from, const Side& to, const Filter& filter, const std::string& difference) {
  if (from.use.type != to.use.type)
    return fmt::format("type differs: {} on {}, {} on {}", from.use.type, from.host, to.use.type, to.host);
  if (from.use.type_id != to.use.type_id)
    return fmt::format("the definitions of {} differ{}", from.use.type,
                       difference.empty() ? std::string{} : ": " + difference);
  if (!from.use.exported) return fmt::format("not exported by {}", from.host);
  // A gateway asks for nothing that is published on its own host, unless told to.
  if (!to.use.publishers.empty() && !listed(filter.imports, to.use.name))
    return fmt::format("{} publishes it itself: list it under import to have both", to.host);
  return {};
}

void add_edges(std::vector<NetworkEdge>& edges, const Side& from, const Side& to, const std::string& reason) {
  for (const auto& publisher : from.use.publishers) {
    for (const auto& subscriber : to.use.subscribers)
      edges.push_back({from.use.name, from.host + publisher, to.host + subscriber,
                       reason.empty() ? "network" : "", reason});
  }
}

Json json_of(const OutboundStatus& one) {
  Json json{{"topic", one.topic},        {"direction", "out"},
            {"readers", one.readers},    {"sent", one.counts.sent},
            {"bytes", one.counts.bytes}, {"overwritten", one.counts.overwritten},
            {"shed", one.counts.shed},   {"refused", one.counts.refused},
            {"shedding", one.shedding}};
  json["priority"] = one.priority == kKeep ? Json("keep") : Json(one.priority);
  return json;
}

/// sent = received + lost + under_way.
Json json_of(const Balance& balance) {
  return {{"second", balance.sent.number},           {"sent", balance.sent.to - balance.sent.from},
          {"received", balance.arrived.received},    {"lost", balance.arrived.lost},
          {"under_way", balance.arrived.under_way},  {"shed", balance.sent.shed},
          {"overwritten", balance.sent.overwritten}, {"refused", balance.sent.refused}};
}

const mesh::HostView* find_host(const std::vector<mesh::HostView>& hosts, std::uint64_t id) {
  const auto found = std::ranges::find(hosts, id, &mesh::HostView::id);
  return found == hosts.end() ? nullptr : &*found;
}

Json json_of(const RemoteWriter& writer, const Status& status) {
  Json json{
      {"received", writer.received}, {"lost", writer.arrivals.lost()}, {"newest", writer.arrivals.newest()}};
  if (!writer.peer.empty())
    json.update({{"peer", writer.peer}, {"malformed", writer.malformed}, {"too_large", writer.too_large}});
  const auto* host = find_host(status.hosts, writer.host);
  if (host == nullptr) return json;
  json["host"] = host->about.name;
  const auto& ledger = host->ledger.topics;
  if (const auto entry = std::ranges::find(ledger, writer.writer, &mesh::LedgerEntry::writer);
      entry != ledger.end())
    json.update({{"sent", entry->sent},
                 {"shed", entry->shed},
                 {"overwritten", entry->overwritten},
                 {"refused", entry->refused},
                 {"shedding", entry->shedding}});
  if (const auto balance = status.balances.find(writer.writer); balance != status.balances.end())
    json["last_second"] = json_of(balance->second);
  return json;
}

Json json_of(const InboundStatus& one, const Status& status) {
  Json writers = Json::array();
  for (const auto& writer : one.writers) writers.push_back(json_of(writer, status));
  return {{"topic", one.topic},
          {"direction", "in"},
          {"received", one.counts.received},
          {"published", one.counts.published},
          {"lost", one.counts.lost},
          {"malformed", one.counts.malformed},
          {"too_large", one.counts.too_large},
          {"dropped", one.counts.dropped},
          {"writers", std::move(writers)}};
}

}  // namespace

std::vector<NetworkEdge> network_edges(const std::string& own_name, const std::vector<mesh::TopicUse>& own,
                                       const std::vector<mesh::HostView>& hosts, const Filter& filter,
                                       const Difference& difference) {
  std::vector<NetworkEdge> edges;
  for (const auto& here : own) {
    for (const auto& host : hosts) {
      const auto there = std::ranges::find(host.about.topics, here.name, &mesh::TopicUse::name);
      if (there == host.about.topics.end()) continue;
      const std::string how = here.type == there->type && here.type_id != there->type_id
                                  ? difference(here.type_id, there->type_id)
                                  : "";
      const Side ours{own_name, here}, theirs{host.about.name, *there};
      // What the other side imports although it publishes it, only that side knows.
      const Filter all{"", {}, {there->name}};
      add_edges(edges, ours, theirs, obstacle(ours, theirs, all, how));
      add_edges(edges, theirs, ours, obstacle(theirs, ours, filter, how));
    }
  }
  return edges;
}

std::string to_json(const Status& status) {
  Json json{{"host", status.host},           {"domain", status.domain},    {"interface", status.interface},
            {"malformed", status.malformed}, {"topics", Json::array()},    {"edges", Json::array()},
            {"refusals", Json::array()},     {"delay_ns", status.delay_ns}};
  json["hosts"] = Json::parse(mesh::to_json(status.hosts));
  for (const auto& one : status.outbound) json["topics"].push_back(json_of(one));
  for (const auto& one : status.inbound) json["topics"].push_back(json_of(one, status));
  for (const auto& edge : status.edges) {
    Json& to = json["edges"].emplace_back(Json{{"topic", edge.topic}, {"from", edge.from}, {"to", edge.to}});
    to[edge.reason.empty() ? "path" : "reason"] = edge.reason.empty() ? edge.path : edge.reason;
  }
  for (const auto& refusal : status.refusals)
    json["refusals"].push_back({{"topic", refusal.topic}, {"reason", refusal.reason}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tactus::gateway
