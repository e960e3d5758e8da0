// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "discovery.hpp"
#include "inbound.hpp"
#include "local_graph.hpp"
#include "outbound.hpp"
#include "overload.hpp"
#include "reporter.hpp"
#include "ros_graph.hpp"

namespace tactus::gateway {

/// Topics of this host to the network: one thread that sleeps on a doorbell.
class OutboundWorker {
 public:
  /// With `canary` the thread writes canaries among its samples. `nice`: how much it stands back for others.
  OutboundWorker(BrokerClient& broker, const char* thread_name, CanaryWriter* canary, int nice);
  [[nodiscard]] DoorbellId doorbell() const noexcept { return doorbell_; }
  void add(std::unique_ptr<Outbound> bridge);
  void remove(const std::string& topic);
  void shed(const std::string& topic, bool yes);
  /// Of all its topics. Does not wait for what is being sent.
  [[nodiscard]] std::vector<OutboundStatus> status();

 private:
  using Bridges = std::vector<std::shared_ptr<Outbound>>;
  void loop(const std::stop_token& stop, const char* thread_name, int nice);
  [[nodiscard]] Bridges bridges() const;
  BrokerClient& broker_;
  CanaryWriter* canary_;
  DoorbellId doorbell_;
  mutable std::mutex mutex_;  ///< bridges_
  Bridges bridges_;           ///< shared with the thread while it pumps them
  Bridges removed_;           ///< until it no longer does: ports end on the thread that made them
  std::jthread thread_;
};

/// Topics of the network to this host: one thread that sleeps on a wait set.
class InboundWorker {
 public:
  InboundWorker(const dds::Participant& participant, const char* thread_name, int nice);
  ~InboundWorker();
  void add(std::unique_ptr<Inbound> bridge);
  /// Nothing when it is not there.
  std::unique_ptr<Inbound> remove(const std::string& topic);
  [[nodiscard]] std::vector<InboundStatus> status() const;

 private:
  void loop(const std::stop_token& stop, const char* thread_name, int nice);
  dds::Waiter waiter_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Inbound>> bridges_;
  std::jthread thread_;
};

/// One host's topics of one group in one DDS domain. Looks at both sides and keeps the bridges that are
/// wanted. Thread: one; its workers have their own.
class Gateway {
 public:
  using Log = std::function<void(const std::string&)>;
  /// `notice` gets what a launch should tell its user, too. Throws dds::NetworkError, TransportError.
  Gateway(BrokerClient& broker, Transport& transport, const dds::DomainSettings& domain, Filter filter,
          Log log, Log notice);

  /// Sleeps until something changed, 100 ms at most, and looks.
  void step();
  void wake() noexcept { changes_.wake(); }

 private:
  void update_exports(const std::vector<Bridge>& wanted, const LocalGraph& local);
  void update_imports(const std::vector<Bridge>& wanted, const LocalGraph& local);
  void begin(const Bridge& waiting, const Bridge& bridge);
  OutboundWorker& exporter(const Bridge& bridge) noexcept;
  InboundWorker& importer(const Bridge& bridge);
  void try_to(const char* what, const Bridge& bridge, const std::function<void()>& act);
  void shed_what_waits(Look& look);
  void tell_refusals(const std::vector<Refusal>& refusals);
  void move_grown(const std::vector<InboundStatus>& inbound);
  void tell_refused_messages(const std::vector<InboundStatus>& inbound);
  /// What other hosts and tools ask for: "graph", "type HEX".
  std::string answer(const std::string& question);

  BrokerClient& broker_;
  Transport& transport_;
  Filter filter_;
  Log log_;
  dds::Participant participant_;
  dds::Discovery discovery_;
  dds::Waiter changes_;
  std::uint64_t id_;                          ///< in the mesh
  std::mutex types_mutex_;                    ///< types_: asked for on the mesh's thread
  std::map<std::string, std::string> types_;  ///< of the last look
  mesh::Mesh mesh_;
  Reporter reporter_;
  Overload overload_;
  std::optional<RosGraph> ros_graph_;  ///< in the default group only: the others ROS 2 does not see
  OutboundWorker outbound_;
  OutboundWorker outbound_bulk_;
  InboundWorker inbound_;
  InboundWorker inbound_bulk_;
  /// Goes on a little when nobody reads any more: a reader that is replaced is away for a moment.
  struct Export {
    Bridge bridge;
    std::int64_t wanted_ns = 0;  ///< when it last was; CLOCK_MONOTONIC
  };
  std::map<std::string, Export> exports_;  ///< open ones, by topic
  std::map<std::string, Bridge> imports_;
  std::set<std::string> grown_;  ///< imports that turned out to be large
  std::vector<Refusal> told_;
  std::map<std::string, std::uint64_t> told_refused_;  ///< by topic: messages, when it was said last
};

}  // namespace tactus::gateway
