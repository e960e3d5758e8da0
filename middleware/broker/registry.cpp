// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

#include "tactus/middleware/names.hpp"

namespace tactus::broker {
namespace {

[[noreturn]] void refuse(TransportErrorCode code, const std::string& text) {
  throw TransportError{code, text};
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

std::string Endpoint::slot_key() const { return group + "|" + topic; }

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
        moved->second.publisher ? id == moved->first : other.slot_key() == moved->second.slot_key();
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
  for (const auto& [id, endpoint] : endpoints_) live.insert(endpoint.slot_key());
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
  endpoint.topic_slot = topic_slot(endpoint.slot_key());
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
  DoorbellPage::Topic& topic = doorbells_.topics[endpoint.topic_slot];
  const bool shared = std::ranges::any_of(endpoints_, [&](const auto& entry) {
    const Endpoint& other = entry.second;
    return other.id != endpoint.id && !other.publisher && other.topic_slot == endpoint.topic_slot &&
           other.doorbell == endpoint.doorbell;
  });
  if (on)
    topic.add(endpoint.doorbell);
  else if (!shared)
    topic.remove(endpoint.doorbell);
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

}  // namespace tactus::broker
