// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log_collector.hpp"
#include "node_runner.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/host.hpp"

namespace tactus {

/// A node of this process, constructed.
struct HostedNode {
  const HostNode* plan;
  NodeCounters* counters;
  std::unique_ptr<NodeLibrary> library;
  std::unique_ptr<NodeRunner> runner;
};

/// What a node gets from the thread that calls it, and from the clock it lives on.
struct NodeSeat {
  HostServices::WorkerPlace worker;
  Transport& transport;
  std::function<DoorbellId(const std::string& topic)> doorbell;  ///< as in NodeServices
  std::function<void(Time until)> wait{};                        ///< as in NodeServices
  bool simulated = false;
  std::int64_t takes_ns = 0;
};

/// The nodes of a process in file order, on whatever clock they live. Settings and services outlive it.
class HostedNodes {
 public:
  HostedNodes(const HostSettings& settings, const HostServices& services)
      : settings_{settings}, services_{services}, logs_{services.log} {}

  /// Loads its library, then asks for its seat, then constructs it. Throws HostError with its name.
  HostedNode& construct(const HostNode& node, const std::function<NodeSeat()>& seat);

  /// What an executor calls. `first`: the position of the first in the file.
  struct Called {
    std::size_t first;
    std::vector<NodeRunner*> runners;
  };
  [[nodiscard]] Called called_by(const HostExecutor& executor) const;

  [[nodiscard]] HostedNode* find(const std::string& name);
  [[nodiscard]] const std::vector<HostedNode>& all() const { return nodes_; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] LogCollector& logs() { return logs_; }

 private:
  [[nodiscard]] NodeServices services_for(const std::string& name, NodeCounters& counters, NodeSeat seat);

  const HostSettings& settings_;
  const HostServices& services_;
  LogCollector logs_;
  std::vector<HostedNode> nodes_;
};

}  // namespace tactus
