// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "host_addresses.hpp"
#include "host_json.hpp"
#include "keys.hpp"
#include "mesh.hpp"
#include "network.hpp"
#include "network_transport.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/type_id.hpp"

#define RTCTL_EXPORT extern "C" __attribute__((visibility("default")))

namespace rtctl {
namespace {

using namespace tactus;
using Json = nlohmann::json;

constexpr std::int64_t kDiscoverNs = 1'000'000'000;
constexpr std::int64_t kSettledNs = 150'000'000;
constexpr std::int64_t kAnswerNs = 1'000'000'000;

/// Cyclone would take one of several at random.
std::string chosen_interface(const std::string& wanted) {
  const auto addresses = mesh::host_addresses(wanted);
  if (!wanted.empty() && addresses.empty())
    throw dds::NetworkError{
        fmt::format("--interface {}: this machine has no such interface that is up", wanted)};
  std::set<std::string> names;
  for (const auto& address : addresses) names.insert(address.interface);
  if (wanted.empty() && names.size() > 1) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    throw dds::NetworkError{fmt::format("there are several network interfaces ({}): add --interface", all)};
  }
  return wanted;
}

dds::DomainSettings domain_of(const NetworkOptions& options) {
  dds::DomainSettings domain;
  domain.domain = options.domain.value_or(0);
  domain.interface = chosen_interface(options.interface);
  domain.peers = options.peers;
  domain.multicast = options.multicast;
  domain.security = options.security;
  return domain;
}

std::string foreign_name(const dds::RemoteEndpoint& endpoint) {
  std::string name = "DDS ";
  for (std::size_t i = 0; i < 12; ++i) name += fmt::format("{:02x}", endpoint.participant[i]);
  return name;
}

/// The graphs of several hosts as one.
class MergedGraph {
 public:
  explicit MergedGraph(KnownType known) : known_{std::move(known)} {}

  void add(const std::string& host, const Json& graph) {
    for (Json node : graph.at("nodes")) {
      node["name"] = host + node.at("name").get<std::string>();
      node["host"] = host;
      node["process"] = next_process_ + node.value("process", 0U);
      nodes_.push_back(std::move(node));
    }
    for (Json process : graph.at("processes")) {
      add_network_edges(process.value("status", Json::object()));
      process.erase("status");
      process["name"] = host + "/" + process.value("name", "");
      process["id"] = next_process_ + process.value("id", 0U);
      processes_.push_back(std::move(process));
    }
    next_process_ += 1'000'000;
    for (const char* list : {"edges", "mismatches"}) {
      for (Json edge : graph.at(list)) {
        edge["from"] = host + edge.value("from", "");
        edge["to"] = host + edge.value("to", "");
        (list[0] == 'e' ? edges_ : mismatches_).insert(edge.dump());
      }
    }
    for (const Json& topic : graph.at("topics")) add_topic(host, topic);
    for (const auto& [id, type] : graph.at("types").items()) types_[id] = type;
  }

  void add_foreign(const dds::RemoteEndpoint& endpoint, bool publisher, const std::string& group) {
    const std::string name = dds::ros_topic(endpoint.topic);
    const std::string type = dds::ros_type(endpoint.type);
    if (name.empty() || mesh::id_of(endpoint.user_data) != 0 || !in_group(endpoint, group)) return;
    Json one{
        {"node", foreign_name(endpoint)}, {"type", type.empty() ? endpoint.type : type}, {"type_id", ""}};
    if (const TypeInfo* known = known_(type)) {
      const std::string id = to_hex(type_id(*known));
      one["type_id"] = id;
      types_[id] = serialize_type(*known);
    }
    if (publisher) one["history"] = endpoint.latched ? 1 : 0;
    append(name, group, std::move(one), publisher);
  }

  [[nodiscard]] std::string text(Json hosts) const {
    Json graph{{"generation", 0}, {"nodes", nodes_}, {"types", types_}, {"topics", Json::array()}};
    graph["processes"] = processes_;
    graph["processes"].push_back(
        {{"id", 0}, {"name", "rtctl"}, {"status", {{"host", ""}, {"hosts", std::move(hosts)}}}});
    for (const auto& [key, topic] : topics_) graph["topics"].push_back(topic);
    for (const auto& [list, texts] : {std::pair{"edges", &edges_}, std::pair{"mismatches", &mismatches_}}) {
      graph[list] = Json::array();
      for (const auto& edge : *texts) graph[list].push_back(Json::parse(edge));
    }
    return graph.dump();
  }

 private:
  static bool in_group(const dds::RemoteEndpoint& endpoint, const std::string& group) {
    if (endpoint.partitions.empty()) return group.empty();
    return std::ranges::find(endpoint.partitions, group) != endpoint.partitions.end();
  }

  /// Both sides of a pair tell it: it stands once.
  void add_network_edges(const Json& status) {
    for (const Json& edge : status.value("edges", Json::array()))
      (edge.contains("path") ? edges_ : mismatches_).insert(edge.dump());
  }

  void add_topic(const std::string& host, const Json& topic) {
    for (const char* side : {"publishers", "subscribers"}) {
      for (Json endpoint : topic.at(side)) {
        endpoint["node"] = host + endpoint.value("node", "");
        append(topic.at("name"), topic.value("group", ""), std::move(endpoint), side[0] == 'p');
      }
    }
  }

  void append(const std::string& name, const std::string& group, Json endpoint, bool publisher) {
    Json& topic = topics_[name];
    if (topic.is_null())
      topic = {{"name", name},
               {"group", group},
               {"types", Json::array()},
               {"publishers", Json::array()},
               {"subscribers", Json::array()}};
    const Json type = endpoint.at("type");
    if (std::ranges::find(topic["types"], type) == topic["types"].end()) topic["types"].push_back(type);
    topic[publisher ? "publishers" : "subscribers"].push_back(std::move(endpoint));
  }

  KnownType known_;
  std::uint32_t next_process_ = 1'000'000;
  Json nodes_ = Json::array(), processes_ = Json::array(), types_ = Json::object();
  std::map<std::string, Json> topics_;
  std::set<std::string> edges_, mismatches_;
};

class JoinedNetwork final : public Network {
 public:
  JoinedNetwork(const NetworkOptions& options, std::string group, KnownType known)
      : group_{std::move(group)},
        known_{std::move(known)},
        participant_{domain_of(options), "enclave=/;"},
        discovery_{participant_},
        mesh_{participant_, {mesh::random_id(), group_}},
        transport_{make_network_transport(participant_, discovery_, group_, doorbell_)} {
    discover();
  }

  std::string graph() override {
    MergedGraph merged{known_};
    const auto hosts = mesh_.hosts();
    for (const auto& [id, text] : mesh_.ask("graph", 0, kAnswerNs)) {
      const auto host = std::ranges::find(hosts, id, &mesh::HostView::id);
      const Json graph = Json::parse(text, nullptr, false);
      if (host != hosts.end() && graph.is_object()) merged.add(host->about.name, graph);
    }
    for (const auto& writer : discovery_.writers()) merged.add_foreign(writer, true, group_);
    for (const auto& reader : discovery_.readers()) merged.add_foreign(reader, false, group_);
    return merged.text(Json::parse(mesh::to_json(mesh_.hosts())));
  }
  Transport& transport() override { return *transport_; }
  Doorbell& doorbell() override { return doorbell_; }

 private:
  /// Until nothing new has come for a moment, clocks included; a second at most.
  void discover() {
    const std::int64_t limit = monotonic_ns() + kDiscoverNs;
    std::int64_t changed_ns = monotonic_ns();
    std::size_t before = 0;
    while (monotonic_ns() < limit) {
      std::size_t now = discovery_.writers().size() + discovery_.readers().size();
      for (const auto& host : mesh_.hosts()) now += host.clock ? 2 : 1;
      if (now != before) changed_ns = monotonic_ns();
      if (now != 0 && monotonic_ns() - changed_ns > kSettledNs) return;
      before = now;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }

  std::string group_;
  KnownType known_;
  dds::Participant participant_;
  dds::Discovery discovery_;
  mesh::Mesh mesh_;
  Doorbell doorbell_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace
}  // namespace rtctl

// Found by its name only; both sides are built together.
RTCTL_EXPORT std::unique_ptr<rtctl::Network> rtctl_make_network(const rtctl::NetworkOptions& options,
                                                                const std::string& group,
                                                                rtctl::KnownType known) {
  return std::make_unique<rtctl::JoinedNetwork>(options, group, std::move(known));
}

RTCTL_EXPORT std::vector<std::string> rtctl_create_keys(const std::string& folder,
                                                        const std::vector<std::string>& hosts, int days) {
  std::vector<std::string> made;
  for (const auto& host :
       tactus::security::create_keys({folder, hosts, days}, std::chrono::system_clock::now()))
    made.push_back(host.string());
  return made;
}
