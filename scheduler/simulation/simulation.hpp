// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "executor.hpp"
#include "simulated_transport.hpp"

namespace tactus {

/// The group's clock of this process: shows what it is told, and the same until it is told again.
class VirtualClock {
 public:
  explicit VirtualClock(std::int64_t now_ns);
  void set(std::int64_t now_ns) noexcept;
  [[nodiscard]] std::int64_t now_ns() const noexcept { return now_ns_; }

 private:
  std::int64_t now_ns_;
};

/// What a simulation lets run: an executor, or a self-looping node. Thread: the simulation's.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual void start() = 0;
  /// run() would do something at `now_ns`.
  [[nodiscard]] virtual bool due(std::int64_t now_ns) const = 0;
  virtual void run(std::int64_t now_ns) = 0;
  /// When it is due though nothing arrives; the end of time: never.
  [[nodiscard]] virtual std::int64_t next_ns() const = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

class ExecutorAgent final : public Agent {
 public:
  ExecutorAgent(std::string name, std::vector<NodeRunner*> nodes, std::span<const std::string> order)
      : name_{std::move(name)}, executor_{std::move(nodes), order} {}
  void start() override { executor_.start(); }
  [[nodiscard]] bool due(std::int64_t now_ns) const override {
    return executor_.next_ns() <= now_ns || executor_.waiting();
  }
  void run(std::int64_t now_ns) override { executor_.pass(now_ns); }
  [[nodiscard]] std::int64_t next_ns() const override { return executor_.next_ns(); }
  void stop() override { executor_.stop(); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Executor executor_;
};

/// A self-looping node on a thread of its own that runs only while the simulation waits for it. It gives the
/// turn back in its waits. A round in which it took or published something takes `takes_ns` of virtual time:
/// so long the node is not woken again.
class LoopAgent final : public Agent {
 public:
  LoopAgent(const VirtualClock& clock, std::int64_t takes_ns) : clock_{clock}, takes_ns_{takes_ns} {}
  ~LoopAgent() override { LoopAgent::stop(); }

  /// Before start(). The node's context waits with wait_until().
  void set_node(NodeRunner& node, SimulatedTransport& transport);
  /// What NodeContext::wait_until() of this node does. Thread: the node's.
  void wait_until(Time until) noexcept;

  void start() override;
  [[nodiscard]] bool due(std::int64_t now_ns) const override;
  void run(std::int64_t now_ns) override;
  [[nodiscard]] std::int64_t next_ns() const override;
  void stop() override;
  [[nodiscard]] const std::string& name() const override { return node_->name(); }

 private:
  void live();
  void give_turn();
  [[nodiscard]] std::uint64_t arrived() const;
  [[nodiscard]] std::uint64_t work() const;

  const VirtualClock& clock_;
  std::int64_t takes_ns_;
  NodeRunner* node_ = nullptr;
  std::vector<const std::uint64_t*> deliveries_;  ///< of the topics that it reads
  std::int64_t free_ns_ = 0;                      ///< the round lasts until then
  std::int64_t until_ns_ = 0;
  std::uint64_t seen_ = 0, worked_ = 0;
  bool over_ = false;
  std::binary_semaphore turn_{0}, back_{0};
  std::jthread thread_;
};

/// Agents on virtual time, one at a time, in a total order: by time, then by their order here. What an agent
/// publishes at an instant is seen by the others at the same instant; the clock goes on when nobody has
/// anything left to do.
class Simulation {
 public:
  Simulation(VirtualClock& clock, SimulatedTransport& transport) : clock_{clock}, transport_{transport} {}

  void add(std::unique_ptr<Agent> agent) { agents_.push_back(std::move(agent)); }
  /// The simulation is over when this node does not run any more.
  void end_with(const NodeRunner& node) { ending_.push_back(&node); }

  /// Returns why it ended. `run_for_ns` 0: no limit. Throws HostError when the agents keep each other busy
  /// without end at one instant.
  std::string run(std::int64_t run_for_ns, const std::stop_token& stop);

 private:
  std::string go_on(std::int64_t end_ns, const std::stop_token& stop);
  void settle(const std::stop_token& stop);
  [[nodiscard]] std::int64_t next_ns() const;

  VirtualClock& clock_;
  SimulatedTransport& transport_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<const NodeRunner*> ending_;
};

}  // namespace tactus
