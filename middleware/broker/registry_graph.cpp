// SPDX-License-Identifier: Apache-2.0
// What the registry knows, as rtctl reads it (docs/design/broker.md).
#include <fmt/core.h>

#include <algorithm>

#include "registry.hpp"
#include "tactus/middleware/metric.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;

Json counters_json(const EndpointCounters& c) {
  return {{"messages", c.messages.load()},     {"bytes", c.bytes.load()},
          {"dropped", c.dropped.load()},       {"rejected", c.rejected.load()},
          {"last_ns", c.last_ns.load()},       {"age_ns_total", c.age_ns_total.load()},
          {"age_ns_max", c.age_ns_max.load()}, {"bytes_min", c.bytes_min.load()},
          {"bytes_max", c.bytes_max.load()},   {"unmatched", c.unmatched.load()},
          {"first_ns", c.first_ns.load()}};
}

Json counters_json(const NodeCounters& c) {
  return {{"state", to_text(c.state.load())},
          {"cycle", c.cycle.load()},
          {"runs", c.runs.load()},
          {"run_ns_total", c.run_ns_total.load()},
          {"run_ns_max", c.run_ns_max.load()},
          {"deadline_misses", c.deadline_misses.load()},
          {"skipped", c.skipped.load()},
          {"faults", c.faults.load()},
          {"budget_overruns", c.budget_overruns.load()},
          {"stale_inputs", c.stale_inputs.load()}};
}

Json metrics_json(const ProcessPage& page, std::size_t node) {
  Json metrics = Json::array();
  const std::size_t used = std::min<std::size_t>(page.metrics_used.load(), page.metrics.size());
  for (std::size_t i = 0; i < used; ++i) {
    if (page.metrics[i].node != node) continue;
    const MetricSummary m = summarize(page.metrics[i]);
    metrics.push_back({{"name", m.name},
                       {"unit", m.unit},
                       {"count", m.count},
                       {"rejected", m.rejected},
                       {"last", m.last},
                       {"min", m.min},
                       {"max", m.max},
                       {"mean", m.mean},
                       {"p50", m.p50},
                       {"p99", m.p99}});
  }
  return metrics;
}

Json process_json(const Process& process) {
  Json json{{"id", process.id},
            {"pid", process.pid},
            {"name", process.name},
            {"group", process.group},
            {"kind", process.kind}};
  if (const auto denied = degradations(*process.page); !denied.empty()) json["degradations"] = denied;
  if (!process.status.is_null()) json["status"] = process.status;
  return json;
}

Json nodes_json(const Process& process) {
  Json nodes = Json::array();
  for (std::size_t i = 0; i < process.nodes.size(); ++i) {
    Json node = counters_json(process.page->nodes[i]);
    node["metrics"] = metrics_json(*process.page, i);
    node.update({{"name", process.nodes[i]},
                 {"group", process.group},
                 {"process", process.id},
                 {"pid", process.pid}});
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Json endpoint_json(const Endpoint& endpoint, const Process& process) {
  Json json{
      {"node", endpoint.node},       {"process", endpoint.process},
      {"pid", process.pid},          {"type", endpoint.type},
      {"type_id", endpoint.type_id}, {"counters", counters_json(process.page->endpoints[endpoint.counters])}};
  if (endpoint.publisher)
    json.update({{"history", endpoint.history},
                 {"max_bytes", endpoint.max_bytes},
                 {"max_loans", endpoint.max_loans}});
  else
    json.update({{"depth", endpoint.depth}, {"max_held", endpoint.max_held}});
  return json;
}

}  // namespace

std::string Registry::mismatch(const Endpoint& publisher, const Endpoint& subscriber) const {
  if (publisher.type_id == subscriber.type_id) return {};
  if (publisher.type != subscriber.type)
    return fmt::format("type differs: {} is published, {} expected", publisher.type, subscriber.type);
  try {
    const auto here = DynamicType::parse(types_.at(publisher.type_id)),
               there = DynamicType::parse(types_.at(subscriber.type_id));
    return fmt::format("two definitions of {}: {} (here: publisher, there: subscriber)", publisher.type,
                       first_difference(here.info(), there.info()));
  } catch (const std::exception&) {
    return fmt::format("two definitions of {}", publisher.type);
  }
}

Json Registry::topics_json() const {
  std::map<std::string, Json> topics;
  for (const auto& [id, endpoint] : endpoints_) {
    Json& topic = topics[endpoint.slot_key()];
    if (topic.is_null()) {
      topic = {{"name", endpoint.topic},
               {"group", endpoint.group},
               {"types", Json::array()},
               {"publishers", Json::array()},
               {"subscribers", Json::array()}};
    }
    if (std::ranges::find(topic["types"], Json(endpoint.type)) == topic["types"].end())
      topic["types"].push_back(endpoint.type);
    topic[endpoint.publisher ? "publishers" : "subscribers"].push_back(
        endpoint_json(endpoint, processes_.at(endpoint.process)));
  }
  Json list = Json::array();
  for (auto& [key, topic] : topics) list.push_back(std::move(topic));
  return list;
}

Json Registry::types_json() const {
  Json types = Json::object();
  for (const auto& [id, endpoint] : endpoints_) {
    if (const auto type = types_.find(endpoint.type_id); type != types_.end())
      types[endpoint.type_id] = type->second;
  }
  return types;
}

/// From the publisher to those that read its topic: an edge, or why there is none.
void Registry::add_edges(const Endpoint& publisher, Json& graph) const {
  for (const auto& [id, other] : endpoints_) {
    if (other.publisher || other.slot_key() != publisher.slot_key()) continue;
    Json edge{
        {"topic", publisher.topic}, {"group", publisher.group}, {"from", publisher.node}, {"to", other.node}};
    const std::string reason = mismatch(publisher, other);
    if (reason.empty())
      edge["path"] = other.process == publisher.process ? "same process" : "shared memory";
    else
      edge["reason"] = reason;
    graph[reason.empty() ? "edges" : "mismatches"].push_back(std::move(edge));
  }
}

/// Nodes before topics: all goes on meanwhile, and no node shall seem to have had more calls than messages.
Json Registry::graph(std::uint32_t generation) const {
  Json graph{{"generation", generation}, {"processes", Json::array()},  {"nodes", Json::array()},
             {"edges", Json::array()},   {"mismatches", Json::array()}, {"types", types_json()}};
  for (const auto& [id, process] : processes_) {
    graph["processes"].push_back(process_json(process));
    for (Json& node : nodes_json(process)) graph["nodes"].push_back(std::move(node));
  }
  graph["topics"] = topics_json();
  for (const auto& [id, endpoint] : endpoints_)
    if (endpoint.publisher) add_edges(endpoint, graph);
  return graph;
}

}  // namespace tactus::broker
