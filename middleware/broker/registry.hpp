// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "demand.hpp"
#include "tactus/middleware/pages.hpp"
#include "tactus/middleware/transport.hpp"

/// What the broker knows: processes, nodes, endpoints. Values only; no socket, no iceoryx.
namespace tactus::broker {

struct Process {  // NOLINT(bugprone-exception-escape): moving a json throws only when it is broken
  std::uint32_t id = 0;
  pid_t pid = 0;
  std::string kind, name, group, runtime;
  int page_fd = -1;
  ProcessPage* page = nullptr;
  std::vector<std::string> nodes;
  std::vector<DoorbellId> doorbells;
  nlohmann::json status;  ///< what it says about itself; null: nothing
};

struct Endpoint {
  std::uint32_t id = 0, process = 0, counters = 0, topic_slot = 0;
  bool publisher = false;
  std::string group, node, topic, type, type_id;
  std::uint32_t history = 0, depth = 0, max_loans = 0, max_held = 0;
  std::uint64_t max_bytes = 0;
  DoorbellId doorbell = 0;

  [[nodiscard]] std::string slot_key() const;  ///< the same for all of its topic in its group
};

/// What it needs at most.
[[nodiscard]] Claim claim_of(const Endpoint& endpoint);

/// What a launch will have at most, told before any of it starts.
struct ReservedLaunch {
  std::vector<std::string> processes;  ///< names of its hosts
  std::vector<std::string> nodes;
  std::vector<Claim> claims;
};

/// Throws TransportError for every refusal; nothing has changed then.
class Registry {
 public:
  Registry(DoorbellPage& doorbells, std::vector<Pool> pools, Limits limits);

  Process& add_process(Process process);
  /// Its nodes, endpoints and doorbells go with it.
  void remove_process(std::uint32_t id);
  [[nodiscard]] const std::map<std::uint32_t, Process>& processes() const { return processes_; }
  [[nodiscard]] Process* find_process(std::uint32_t id);

  std::uint32_t add_node(Process& process, const std::string& name);
  const Endpoint& add_endpoint(Process& process, Endpoint endpoint, const std::string& type_json);
  void remove_endpoint(Process& process, std::uint32_t id);
  DoorbellId add_doorbell(Process& process);

  /// Held until the process is removed; endpoints that are made of it count once. A second one replaces the
  /// first.
  void reserve(const Process& process, ReservedLaunch reservation);
  /// What the process was moving when it was killed may be lost: not to be had any more. A publisher has the
  /// chunk it pushes into a full queue in its hands and the one that falls out, a subscriber has one.
  struct LostChunks {
    std::size_t pool = 0;
    std::uint32_t chunks = 0;
    std::string topic;
  };
  /// Of the endpoint with these counters. Empty when the call moved none.
  std::optional<LostChunks> lose_chunks(const Process& process, std::optional<std::uint32_t> counters);
  [[nodiscard]] const std::vector<std::uint32_t>& lost() const { return lost_; }  ///< per pool
  [[nodiscard]] Demand demand() const { return demand_of(pools_, claims()); }

  /// Everything, for `rtctl` (docs/design/broker.md).
  [[nodiscard]] nlohmann::json graph(std::uint32_t generation) const;

 private:
  [[nodiscard]] std::vector<Claim> claims() const;
  void check(const std::vector<Claim>& wanted) const;
  void check_processes(std::size_t more) const;
  [[nodiscard]] std::size_t process_count() const;
  void check_node_name(const std::string& name, const std::string& group) const;
  void check_reserved_names(const Process& process, const ReservedLaunch& wanted) const;
  [[nodiscard]] std::string name_of(std::uint32_t process) const;
  std::uint32_t topic_slot(const std::string& key);
  void set_doorbell(const Endpoint& endpoint, bool on);

  [[nodiscard]] nlohmann::json topics_json() const;
  [[nodiscard]] nlohmann::json types_json() const;
  void add_edges(const Endpoint& publisher, nlohmann::json& graph) const;
  /// Why they do not meet; empty: they do.
  [[nodiscard]] std::string mismatch(const Endpoint& publisher, const Endpoint& subscriber) const;

  DoorbellPage& doorbells_;
  std::vector<Pool> pools_;
  std::vector<std::uint32_t> lost_;  ///< chunks per pool
  Limits limits_;
  std::map<std::uint32_t, ReservedLaunch> reservations_;  ///< by process
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, Process> processes_;
  std::map<std::uint32_t, Endpoint> endpoints_;
  std::map<std::string, std::uint32_t> topic_slots_;
  std::map<std::string, std::string> types_;  ///< by type id
  std::vector<bool> used_doorbells_ = std::vector<bool>(kMaxDoorbells);
};

}  // namespace tactus::broker
