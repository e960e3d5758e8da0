// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

#include "tactus/middleware/metric.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(TransportErrorCode code, const std::string& text) {
  throw TransportError{code, text};
}

std::string slot_key(const Endpoint& endpoint) { return endpoint.group + "|" + endpoint.topic; }

Json counters(const EndpointCounters& c) {
  return {{"messages", c.messages.load()},     {"bytes", c.bytes.load()},
          {"dropped", c.dropped.load()},       {"rejected", c.rejected.load()},
          {"last_ns", c.last_ns.load()},       {"age_ns_total", c.age_ns_total.load()},
          {"age_ns_max", c.age_ns_max.load()}, {"bytes_min", c.bytes_min.load()},
          {"bytes_max", c.bytes_max.load()},   {"unmatched", c.unmatched.load()},
          {"first_ns", c.first_ns.load()}};
}

Json node_json(const NodeCounters& c) {
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

void write_text(std::string_view text, std::span<char> to) {
  std::ranges::fill(to, '\0');
  std::copy_n(text.data(), std::min(text.size(), to.size() - 1), to.data());
}

/// What readers of the page need to know of the endpoint, also when the broker has forgotten it.
void write_plate(EndpointPlate& plate, const Endpoint& endpoint, const std::vector<std::string>& nodes) {
  const auto node = std::ranges::find(nodes, endpoint.node);
  write_text(endpoint.topic, plate.topic);
  plate.node.store(node == nodes.end() ? 0 : static_cast<std::uint32_t>(node - nodes.begin()) + 1);
  plate.id.store(endpoint.id);
  plate.use.store(endpoint.publisher ? EndpointPlate::Use::kPublisher : EndpointPlate::Use::kSubscriber);
}

}  // namespace

Claim claim_of(const Endpoint& endpoint) {
  Claim claim;
  claim.holder = endpoint.process;
  claim.publisher = endpoint.publisher;
  claim.group = endpoint.group;
  claim.node = endpoint.node;
  claim.topic = endpoint.topic;
  claim.chunks =
      endpoint.publisher ? endpoint.max_loans + endpoint.history + 1 : endpoint.depth + endpoint.max_held;
  claim.max_bytes = endpoint.max_bytes;
  return claim;
}

Registry::Registry(DoorbellPage& doorbells, std::vector<Pool> pools, Limits limits)
    : doorbells_{doorbells}, pools_{std::move(pools)}, lost_(pools_.size()), limits_{limits} {}

Process& Registry::add_process(Process process) {
  process.id = next_id_++;
  const std::size_t before = process_count();
  const auto added = processes_.emplace(process.id, std::move(process)).first;
  // A host that a launch has reserved adds nothing.
  if (const std::size_t count = process_count(); count > limits_.processes && count > before) {
    processes_.erase(added);
    check_processes(1);
  }
  return added->second;
}

/// Connections, and of the hosts that launches have reserved those that are not there yet.
std::size_t Registry::process_count() const {
  struct Hosts {
    std::size_t existing = 0, reserved = 0;
  };
  std::map<std::pair<std::string, std::string>, Hosts> hosts;  // by group and name
  std::size_t others = 0;
  for (const auto& [id, process] : processes_) {
    if (process.kind == "host")
      ++hosts[{process.group, process.name}].existing;
    else
      ++others;
  }
  for (const auto& [id, reservation] : reservations_) {
    for (const std::string& name : reservation.processes) ++hosts[{processes_.at(id).group, name}].reserved;
  }
  for (const auto& [name, count] : hosts) others += std::max(count.existing, count.reserved);
  return others;
}

void Registry::check_processes(std::size_t more) const {
  const std::size_t count = process_count();
  if (count + more <= limits_.processes || more == 0) return;
  refuse(
      TransportErrorCode::kTooManyProcesses,
      fmt::format("{} more processes, but {} are connected or reserved, and {} is the limit of iceoryx: put "
                  "more nodes into one process, or end some",
                  more, count, limits_.processes));
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
  reservations_.erase(id);
  processes_.erase(id);
}

void Registry::check_node_name(const std::string& name, const std::string& group) const {
  for (const auto& [id, other] : processes_) {
    if (other.group != group || std::ranges::find(other.nodes, name) == other.nodes.end()) continue;
    refuse(TransportErrorCode::kNodeNameTaken,
           fmt::format(
               "node name {} is taken by process {} ({}) in {}: choose another name or another --group", name,
               other.pid, other.name, group.empty() ? "the default group" : "group '" + group + "'"));
  }
}

void Registry::check_reserved_names(const Process& process, const ReservedLaunch& wanted) const {
  for (const auto& [id, other] : reservations_) {
    if (processes_.at(id).group != process.group) continue;
    for (const std::string& name : wanted.nodes) {
      if (std::ranges::find(other.nodes, name) == other.nodes.end()) continue;
      refuse(TransportErrorCode::kNodeNameTaken,
             fmt::format("node name {} is reserved by {}: choose another name or another --group", name,
                         name_of(id)));
    }
  }
}

std::uint32_t Registry::add_node(Process& process, const std::string& name) {
  if (const auto error = topic_name_error(name); !error.empty())
    refuse(TransportErrorCode::kBadName, fmt::format("node name '{}': {}", name, error));
  check_node_name(name, process.group);
  if (process.nodes.size() >= kMaxNodesPerProcess) {
    refuse(TransportErrorCode::kBrokerRefused,
           fmt::format("{}: a process holds at most {} nodes: spread them over more processes", name,
                       kMaxNodesPerProcess));
  }
  write_text(name, process.page->nodes[process.nodes.size()].name);
  process.nodes.push_back(name);
  process.page->nodes_used.store(static_cast<std::uint32_t>(process.nodes.size()));
  return static_cast<std::uint32_t>(process.nodes.size() - 1);
}

std::vector<Claim> Registry::claims() const {
  std::vector<Claim> all;
  for (const auto& [id, endpoint] : endpoints_) all.push_back(claim_of(endpoint));
  for (const auto& [id, reservation] : reservations_)
    all.insert(all.end(), reservation.claims.begin(), reservation.claims.end());
  return all;
}

void Registry::check(const std::vector<Claim>& wanted) const {
  check_demand(pools_, lost_, limits_, claims(), wanted, [this](std::uint32_t id) { return name_of(id); });
}

std::string Registry::name_of(std::uint32_t process) const {
  const auto found = processes_.find(process);
  if (found == processes_.end()) return "a process that ended";
  return fmt::format("process {} ({})", found->second.pid, found->second.name);
}

void Registry::reserve(const Process& process, ReservedLaunch reservation) {
  if (reservations_.contains(process.id)) throw std::invalid_argument{"a second reservation"};
  for (const std::string& name : reservation.nodes) check_node_name(name, process.group);
  check_reserved_names(process, reservation);
  check_processes(reservation.processes.size());
  for (Claim& claim : reservation.claims) {
    claim.holder = process.id;
    claim.reserved = true;
    claim.group = process.group;
  }
  check(reservation.claims);
  reservations_[process.id] = std::move(reservation);
}

std::optional<Registry::LostChunks> Registry::lose_chunks(const Process& process,
                                                          std::optional<std::uint32_t> counters) {
  const auto moved = std::ranges::find_if(endpoints_, [&](const auto& entry) {
    return entry.second.process == process.id && entry.second.counters == counters;
  });
  if (moved == endpoints_.end()) return std::nullopt;
  // What a subscriber took came from one of its topic's publishers: from the scarcest pool of theirs.
  std::optional<std::size_t> pool;
  for (const auto& [id, other] : endpoints_) {
    const bool source =
        moved->second.publisher ? id == moved->first : slot_key(other) == slot_key(moved->second);
    if (source && other.publisher) pool = std::max(pool, pool_of(pools_, other.max_bytes));
  }
  if (!pool) return std::nullopt;
  const std::uint32_t chunks = moved->second.publisher ? 2 : 1;
  lost_[*pool] += chunks;
  return LostChunks{*pool, chunks, moved->second.topic};
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
  endpoint.process = process.id;
  check({claim_of(endpoint)});
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
  types_[endpoint.type_id] = type_json;
  auto& page = process.page->endpoints[endpoint.counters];
  for (auto* counter : {&page.messages, &page.bytes, &page.dropped, &page.rejected, &page.bytes_min,
                        &page.bytes_max, &page.unmatched})
    counter->store(0);
  for (auto* counter : {&page.first_ns, &page.last_ns, &page.age_ns_total, &page.age_ns_max})
    counter->store(0);
  write_plate(process.page->plates[endpoint.counters], endpoint, process.nodes);
  auto& endpoints_used = process.page->endpoints_used;
  endpoints_used.store(std::max(endpoints_used.load(), endpoint.counters + 1));
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
    if (const auto denied = degradations(*process.page); !denied.empty())
      graph["processes"].back()["degradations"] = denied;
    if (!process.status.is_null()) graph["processes"].back()["status"] = process.status;
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
