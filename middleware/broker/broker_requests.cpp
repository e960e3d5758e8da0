// SPDX-License-Identifier: Apache-2.0
// What clients ask of the broker, and what they are answered.
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "broker.hpp"
#include "kill.hpp"
#include "memory_page.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;

/// The part of a request that says what an endpoint needs.
Endpoint endpoint_of(const Json& request, bool publisher) {
  Endpoint endpoint;
  endpoint.publisher = publisher;
  endpoint.node = request.at("node");
  endpoint.topic = request.at("topic");
  endpoint.history = request.value("history", 0U);
  endpoint.max_loans = request.value("max_loans", 0U);
  endpoint.max_bytes = request.value("max_bytes", std::uint64_t{0});
  endpoint.depth = request.value("depth", 0U);
  endpoint.max_held = request.value("max_held", 0U);
  return endpoint;
}

ReservedLaunch reservation_of(const Json& request) {
  ReservedLaunch reservation{request.at("processes"), request.at("nodes"), {}};
  for (const bool publisher : {true, false}) {
    for (const Json& wanted : request.at(publisher ? "publishers" : "subscribers")) {
      Claim& claim = reservation.claims.emplace_back(claim_of(endpoint_of(wanted, publisher)));
      claim.where = wanted.at("where");
    }
  }
  return reservation;
}

std::vector<RemoteClock> remote_clocks_of(const Json& request) {
  std::vector<RemoteClock> clocks;
  for (const Json& clock : request.at("clocks"))
    clocks.push_back(
        {clock.at("id"), clock.at("offset_ns"), clock.at("uncertainty_ns"), clock.at("measured_ns")});
  return clocks;
}

}  // namespace

Json Broker::answer(Client& client, const Json& request, std::vector<int>& attached) {
  const std::string op = request.at("op");
  if (op == "hello") return hello(client, request, attached);
  Process* process = registry_.find_process(client.process);
  if (process == nullptr) throw std::invalid_argument{"a hello comes first"};
  if (op == "add_node") return {{"index", registry_.add_node(*process, request.at("name"))}};
  if (op == "add_publisher" || op == "add_subscriber")
    return add_endpoint(*process, request, op == "add_publisher");
  if (op == "remove_endpoint") {
    registry_.remove_endpoint(*process, request.at("id"));
    return Json::object();
  }
  if (op == "reserve") {
    registry_.reserve(*process, reservation_of(request));
    return Json::object();
  }
  if (op == "doorbell") return {{"doorbell", registry_.add_doorbell(*process)}};
  if (op == "clock") {
    clocks_.set_rate(*process, registry_.processes(), request.at("rate"));
    return Json::object();
  }
  if (op == "remote_clocks") {
    clocks_.set_remote(process->group, remote_clocks_of(request));
    return Json::object();
  }
  if (op == "status") {
    process->status = request.at("status");
    return Json::object();
  }
  if (op == "graph") return {{"graph", graph()}};
  if (op == "page") {
    const Process* other = registry_.find_process(request.at("process"));
    if (other != nullptr) attached.push_back(other->page_fd);
    for (const Ended& ended : ended_) {
      if (ended.id == request.at("process")) attached.push_back(ended.page_fd);
    }
    return Json::object();
  }
  if (op == "kill") return kill_process(request.at("pid"));
  throw std::invalid_argument{"unknown operation " + op};
}

Json Broker::hello(Client& client, const Json& request, std::vector<int>& attached) {
  if (request.at("protocol") != kProtocolVersion) {
    throw TransportError{TransportErrorCode::kBrokerRefused,
                         fmt::format("the broker (process {}) speaks protocol {}, this program {}: end the "
                                     "launches of the other version first",
                                     getpid(), kProtocolVersion, request.at("protocol").dump())};
  }
  if (client.process != 0) throw std::invalid_argument{"a second hello"};
  Process process;
  process.pid = client.pid;
  process.kind = request.at("kind");
  process.name = request.at("name");
  process.group = request.at("group");
  if (const auto page = make_page<ProcessPage>("tactus-process"); page.second != nullptr) {
    process.page_fd = page.first;
    process.page = page.second;
  }
  Process& added = registry_.add_process(std::move(process));
  // With the connection's number: a process may connect more than once, and each end reclaims its own name
  // only.
  added.runtime = fmt::format("tactus.{}.{}.{}", generation_, client.pid, added.id);
  client.process = added.id;
  attached = {doorbells_.first, added.page_fd, clocks_.fd(added.group)};
  return {{"generation", generation_}, {"process", added.id}, {"runtime", added.runtime}};
}

Json Broker::graph() const {
  Json graph = registry_.graph(generation_);
  graph["memory"] = memory_json();
  graph["ended"] = Json::array();
  for (const Ended& ended : ended_) {
    graph["ended"].push_back(
        {{"id", ended.id}, {"pid", ended.pid}, {"name", ended.name}, {"group", ended.group}});
  }
  return graph;
}

Json Broker::memory_json() const {
  const SharedMemory::Sizes sizes = SharedMemory::sizes();
  const std::vector<PoolUse> use = memory_.pools();
  const Demand demand = registry_.demand();
  Json pools = Json::array();
  for (std::size_t i = 0; i < use.size(); ++i) {
    pools.push_back({{"chunk_bytes", pools_[i].chunk_bytes},
                     {"block_bytes", pools_[i].block_bytes()},
                     {"chunks", pools_[i].chunks},
                     {"used", use[i].used},
                     {"reserved", demand.chunks[i]},
                     {"least_free", use[i].least_free},
                     {"lost", registry_.lost()[i]}});
  }
  return {{"pools", std::move(pools)},
          {"management_bytes", sizes.management_bytes},
          {"payload_bytes", sizes.payload_bytes},
          {"touched_bytes", sizes.touched_bytes},
          {"publishers", demand.publishers},
          {"subscribers", demand.subscribers}};
}

Json Broker::add_endpoint(Process& process, const Json& request, bool publisher) {
  Endpoint endpoint = endpoint_of(request, publisher);
  endpoint.type = request.at("type");
  endpoint.type_id = request.at("type_id");
  endpoint.doorbell = request.value("doorbell", 0U);
  if (endpoint.doorbell >= kMaxDoorbells) throw std::invalid_argument{"no such doorbell"};
  const Endpoint& added = registry_.add_endpoint(process, std::move(endpoint), request.at("type_json"));
  return {{"id", added.id}, {"counters", added.counters}, {"topic_slot", added.topic_slot}};
}

Json Broker::kill_process(pid_t pid) {
  for (const auto& [id, process] : registry_.processes()) {
    if (process.pid == pid) return {{"outside", kill_outside_calls(pid, *process.page)}};
  }
  if (kill(pid, SIGKILL) != 0) throw std::invalid_argument{fmt::format("no process {}", pid)};
  return {{"outside", true}};
}

}  // namespace tactus::broker
