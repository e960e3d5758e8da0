// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host_addresses.hpp"
#include "mesh.hpp"
#include "seconds.hpp"
#include "status.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace tactus::gateway {

/// What the gateway looked at last.
struct Look {
  LocalGraph local;
  std::vector<Refusal> refusals;
  std::vector<OutboundStatus> outbound;
  std::vector<InboundStatus> inbound;
  std::int64_t delay_ns = 0;  ///< what samples wait on their way out
};

/// Tells what the gateway knows: this host to the others, the others to this host (their clocks, events on
/// kEventTopic, the status that `rtctl` shows). Thread: one.
class Reporter {
 public:
  /// Local topic of host_msgs/HostEvent, latched: who joined, left, or was lost.
  static constexpr const char* kEventTopic = "/tactus/hosts";
  using Log = std::function<void(const std::string&)>;
  /// Throws TransportError.
  Reporter(BrokerClient& broker, Transport& transport, mesh::Mesh& mesh, const dds::DomainSettings& domain,
           const Filter& filter, Log log);
  void report(const Look& look);

 private:
  void tell_host(const Look& look);
  void tell_ledger(const Look& look);
  void balance(const Look& look);
  void tell_changes();
  void tell_clocks();
  void tell_status(const Look& look);
  void publish(const mesh::HostChange& change);
  std::string difference(const std::map<std::string, std::string>& types, const std::string& here,
                         const std::string& there);

  BrokerClient& broker_;
  mesh::Mesh& mesh_;
  dds::DomainSettings domain_;
  Filter filter_;
  Log log_;
  mesh::HostDescription own_;
  std::unique_ptr<UntypedPublisher> events_;
  std::vector<RemoteClock> clocks_;
  struct Known {
    std::string text;
    std::int64_t ask_again_ns = 0;
  };
  std::map<std::pair<std::string, std::string>, Known> differences_;  ///< of two definitions of a type, by id
  SentSeconds seconds_;
  Balances balances_;
  std::map<std::uint64_t, Balance> judged_;  ///< by LedgerEntry::writer
  std::int64_t ledger_at_ns_ = 0;
  std::int64_t status_at_ns_ = 0;
};

}  // namespace tactus::gateway
