// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "tactus/middleware/metric.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;

constexpr const char* kStateNames[] = {"unused", "starting", "running", "faulted", "stopped"};

[[noreturn]] void refuse(TransportErrorCode code, const std::string& text) {
  throw TransportError{code, text};
}

std::string slot_key(const Endpoint& endpoint) { return endpoint.group + "|" + endpoint.topic; }

Json counters(const EndpointCounters& c) {
  return {{"messages", c.messages.load()},    {"bytes", c.bytes.load()},
          {"dropped", c.dropped.load()},      {"rejected", c.rejected.load()},
          {"last_ns", c.last_ns.load()},      {"age_ns_total", c.age_ns_total.load()},
          {"age_ns_max", c.age_ns_max.load()}};
}

Json node_json(const NodeCounters& c) {
  return {{"state", kStateNames[static_cast<int>(c.state.load())]},
          {"cycle", c.cycle.load()},
          {"runs", c.runs.load()},
          {"run_ns_total", c.run_ns_total.load()},
          {"run_ns_max", c.run_ns_max.load()},
          {"deadline_misses", c.deadline_misses.load()},
          {"skipped", c.skipped.load()},
          {"faults", c.faults.load()}};
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

}  // namespace

Process& Registry::add_process(Process process) {
  if (processes_.size() >= limits_.processes) {
    refuse(TransportErrorCode::kTooManyProcesses,
           fmt::format("{} processes are connected, which is the limit of iceoryx: end some",
                       processes_.size()));
  }
  process.id = next_id_++;
  return processes_.emplace(process.id, std::move(process)).first->second;
}

Process* Registry::find_process(std::uint32_t id) {
  const auto found = processes_.find(id);
  return found == processes_.end() ? nullptr : &found->second;
}

void Registry::remove_process(std::uint32_t id) {
  for (auto it = endpoints_.begin(); it != endpoints_.end();) {
    if (it->second.process == id) {
      set_doorbell(it->second, false);
      it = endpoints_.erase(it);
    } else {
      ++it;
    }
  }
  if (const Process* process = find_process(id)) {
    for (const DoorbellId doorbell : process->doorbells) used_doorbells_[doorbell] = false;
  }
  processes_.erase(id);
}

std::uint32_t Registry::add_node(Process& process, const std::string& name) {
  if (const auto error = topic_name_error(name); !error.empty())
    refuse(TransportErrorCode::kBadName, fmt::format("node name '{}': {}", name, error));
  for (const auto& [id, other] : processes_) {
    if (other.group == process.group && std::ranges::find(other.nodes, name) != other.nodes.end()) {
      refuse(TransportErrorCode::kNodeNameTaken,
             fmt::format(
                 "node name {} is taken by process {} ({}) in {}: choose another name or another --group",
                 name, other.pid, other.name,
                 process.group.empty() ? "the default group" : "group '" + process.group + "'"));
    }
  }
  if (process.nodes.size() >= kMaxNodesPerProcess) {
    refuse(TransportErrorCode::kBrokerRefused,
           fmt::format("{}: a process holds at most {} nodes: spread them over more processes", name,
                       kMaxNodesPerProcess));
  }
  process.nodes.push_back(name);
  return static_cast<std::uint32_t>(process.nodes.size() - 1);
}

void Registry::check_limits(const Endpoint& endpoint) const {
  const auto same_kind = static_cast<std::uint32_t>(std::ranges::count_if(
      endpoints_, [&](const auto& entry) { return entry.second.publisher == endpoint.publisher; }));
  const std::string who = fmt::format("{}: topic '{}': ", endpoint.node, endpoint.topic);
  if (endpoint.publisher && same_kind >= limits_.publishers) {
    refuse(TransportErrorCode::kTooManyPublishers,
           fmt::format("{}{} publishers exist on this host, which is the limit", who, same_kind));
  }
  if (!endpoint.publisher && same_kind >= limits_.subscribers) {
    refuse(TransportErrorCode::kTooManySubscribers,
           fmt::format("{}{} subscribers exist on this host, which is the limit", who, same_kind));
  }
  const auto on_topic = static_cast<std::uint32_t>(std::ranges::count_if(endpoints_, [&](const auto& entry) {
    return !entry.second.publisher && entry.second.group == endpoint.group &&
           entry.second.topic == endpoint.topic;
  }));
  if (!endpoint.publisher && on_topic >= limits_.subscribers_per_topic) {
    refuse(TransportErrorCode::kTooManySubscribersOnTopic,
           fmt::format("{}{} subscribers, which is the limit of a topic", who, on_topic));
  }
}

std::uint32_t Registry::topic_slot(const std::string& key) {
  if (const auto known = topic_slots_.find(key); known != topic_slots_.end()) return known->second;
  std::set<std::string> live;
  for (const auto& [id, endpoint] : endpoints_) live.insert(slot_key(endpoint));
  std::set<std::uint32_t> used;
  for (auto it = topic_slots_.begin(); it != topic_slots_.end();) {
    if (live.contains(it->first))
      used.insert((it++)->second);
    else
      it = topic_slots_.erase(it);
  }
  for (std::uint32_t slot = 0; slot < kMaxTopicSlots; ++slot) {
    if (!used.contains(slot)) return topic_slots_[key] = slot;
  }
  refuse(TransportErrorCode::kBrokerRefused,
         fmt::format("{} topics exist on this host, which is the limit", used.size()));
}

const Endpoint& Registry::add_endpoint(Process& process, Endpoint endpoint, const std::string& type_json) {
  endpoint.group = process.group;
  check_limits(endpoint);
  std::set<std::uint32_t> used;
  for (const auto& [id, other] : endpoints_) {
    if (other.process == process.id) used.insert(other.counters);
  }
  while (used.contains(endpoint.counters)) ++endpoint.counters;
  if (endpoint.counters >= kMaxEndpointsPerProcess) {
    refuse(TransportErrorCode::kBrokerRefused,
           fmt::format("{}: a process holds at most {} endpoints", endpoint.node, kMaxEndpointsPerProcess));
  }
  endpoint.topic_slot = topic_slot(slot_key(endpoint));
  endpoint.id = next_id_++;
  endpoint.process = process.id;
  types_[endpoint.type_id] = type_json;
  auto& page = process.page->endpoints[endpoint.counters];
  for (auto* counter : {&page.messages, &page.bytes, &page.dropped, &page.rejected}) counter->store(0);
  for (auto* counter : {&page.last_ns, &page.age_ns_total, &page.age_ns_max}) counter->store(0);
  set_doorbell(endpoint, true);
  return endpoints_.emplace(endpoint.id, std::move(endpoint)).first->second;
}

void Registry::remove_endpoint(Process& process, std::uint32_t id) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end() || found->second.process != process.id) return;
  set_doorbell(found->second, false);
  endpoints_.erase(found);
}

/// The bit stays while another subscriber of the topic has the same doorbell.
void Registry::set_doorbell(const Endpoint& endpoint, bool on) {
  if (endpoint.publisher || endpoint.doorbell == 0) return;
  auto& word = doorbells_.topics[endpoint.topic_slot].bits[endpoint.doorbell / 64];
  const std::uint64_t bit = std::uint64_t{1} << (endpoint.doorbell % 64);
  const bool shared = std::ranges::any_of(endpoints_, [&](const auto& entry) {
    const Endpoint& other = entry.second;
    return other.id != endpoint.id && !other.publisher && other.topic_slot == endpoint.topic_slot &&
           other.doorbell == endpoint.doorbell;
  });
  if (on)
    word.fetch_or(bit);
  else if (!shared)
    word.fetch_and(~bit);
}

DoorbellId Registry::add_doorbell(Process& process) {
  for (DoorbellId id = 1; id < kMaxDoorbells; ++id) {
    if (used_doorbells_[id]) continue;
    used_doorbells_[id] = true;
    process.doorbells.push_back(id);
    return id;
  }
  refuse(TransportErrorCode::kBrokerRefused,
         fmt::format("{} executors and self-looping nodes run on this host, which is the limit",
                     kMaxDoorbells - 1));
}

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

nlohmann::json Registry::graph(std::uint32_t generation) const {
  Json graph{{"generation", generation}, {"processes", Json::array()}, {"nodes", Json::array()},
             {"topics", Json::array()},  {"edges", Json::array()},     {"mismatches", Json::array()},
             {"types", Json::object()}};
  for (const auto& [id, process] : processes_) {
    graph["processes"].push_back({{"id", id},
                                  {"pid", process.pid},
                                  {"name", process.name},
                                  {"group", process.group},
                                  {"kind", process.kind}});
    for (std::size_t i = 0; i < process.nodes.size(); ++i) {
      Json node = node_json(process.page->nodes[i]);
      node["metrics"] = metrics_json(*process.page, i);
      node.update(
          {{"name", process.nodes[i]}, {"group", process.group}, {"process", id}, {"pid", process.pid}});
      graph["nodes"].push_back(std::move(node));
    }
  }
  std::map<std::string, Json> topics;
  for (const auto& [id, endpoint] : endpoints_) {
    Json& topic = topics[slot_key(endpoint)];
    if (topic.is_null()) {
      topic = {{"name", endpoint.topic},
               {"group", endpoint.group},
               {"types", Json::array()},
               {"publishers", Json::array()},
               {"subscribers", Json::array()}};
    }
    if (std::ranges::find(topic["types"], Json(endpoint.type)) == topic["types"].end())
      topic["types"].push_back(endpoint.type);
    const auto& process = processes_.at(endpoint.process);
    Json json{
        {"node", endpoint.node},       {"process", endpoint.process},
        {"pid", process.pid},          {"type", endpoint.type},
        {"type_id", endpoint.type_id}, {"counters", counters(process.page->endpoints[endpoint.counters])}};
    if (endpoint.publisher)
      json.update({{"history", endpoint.history},
                   {"max_bytes", endpoint.max_bytes},
                   {"max_loans", endpoint.max_loans}});
    else
      json.update({{"depth", endpoint.depth}, {"max_held", endpoint.max_held}});
    topic[endpoint.publisher ? "publishers" : "subscribers"].push_back(std::move(json));
    if (const auto type = types_.find(endpoint.type_id); type != types_.end())
      graph["types"][endpoint.type_id] = type->second;
    if (!endpoint.publisher) continue;
    for (const auto& [other_id, other] : endpoints_) {
      if (other.publisher || slot_key(other) != slot_key(endpoint)) continue;
      const Json edge{
          {"topic", endpoint.topic}, {"group", endpoint.group}, {"from", endpoint.node}, {"to", other.node}};
      const std::string reason = mismatch(endpoint, other);
      Json& list = graph[reason.empty() ? "edges" : "mismatches"];
      list.push_back(edge);
      if (reason.empty())
        list.back()["path"] = other.process == endpoint.process ? "same process" : "shared memory";
      else
        list.back()["reason"] = reason;
    }
  }
  for (auto& [key, topic] : topics) graph["topics"].push_back(std::move(topic));
  return graph;
}

}  // namespace tactus::broker
