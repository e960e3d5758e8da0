// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "lost_wakes.hpp"
#include "node_runner.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/scheduler/realtime.hpp"
#include "worker_probe.hpp"

namespace tactus {

/// Calls the nodes of one executor as its schedule says. Has no thread and reads no clock: who calls it says
/// what time it is. The runners outlive it.
class Executor {
 public:
  /// `nodes` in file order, constructed; `order`: their full names as they are called, none: data flow.
  explicit Executor(const std::vector<NodeRunner*>& nodes, std::span<const std::string> order = {});

  void start();
  /// One pass: everything that is due at `now_ns` of the group's clock, and what that causes downstream.
  /// `clock_ns`: the same instant of CLOCK_MONOTONIC. Ends before the next call when `stop` says so. Returns
  /// the number of calls.
  std::size_t pass(std::int64_t now_ns, std::int64_t clock_ns = monotonic_ns(),
                   const std::stop_token& stop = {});
  /// In reverse order.
  void stop();
  /// Prefetches what the next pass will touch: after an idle time it has left the caches. Stops at `until_ns`
  /// of CLOCK_MONOTONIC, wherever it is.
  void warm(std::int64_t until_ns) const noexcept;

  [[nodiscard]] bool waiting() const;  ///< another pass would call somebody
  /// Next instant of any grid, group's clock.
  [[nodiscard]] std::int64_t next_ns() const { return schedule_.next_ns(); }
  [[nodiscard]] const std::vector<NodeRunner*>& nodes() const { return nodes_; }  ///< as they are called
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }

 private:
  /// What waits at the gated inputs.
  class Inputs final : public Arrivals {
   public:
    explicit Inputs(const std::vector<NodeRunner*>& nodes) : nodes_{nodes} {}
    std::optional<Oldest> oldest(std::size_t node, std::size_t input) override;
    [[nodiscard]] bool any(std::size_t node, std::size_t input) const override;
    void discard(std::size_t node, std::size_t input) override;
    std::optional<std::int64_t> awaited(std::size_t node) override;
    [[nodiscard]] bool any_awaited(std::size_t node) const override;

   private:
    const std::vector<NodeRunner*>& nodes_;
  };
  void follow_states(std::int64_t now_ns);

  std::vector<NodeRunner*> nodes_;
  Schedule schedule_;
};

struct WorkerOptions {
  std::string name;
  ThreadSettings thread;
  std::int64_t spin_ns = 0;  ///< busy waiting before blocking
  /// It wakes that much before an instant of a grid, walks over what the pass will touch and spins. Only
  /// where the priority was granted: others would take the CPU from those who have work.
  std::int64_t margin_ns = 0;
};

/// A thread of the host: an executor's, or a self-looping node's. start, then go, then stop. Bell and
/// counters outlive it.
class Worker {
 public:
  Worker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters);
  virtual ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Creates the thread. The future tells what the system denied it; the nodes are not called yet.
  [[nodiscard]] std::future<std::vector<std::string>> start();
  /// Lets the thread start its nodes and go on. The future is ready when Node::start() of all has returned.
  [[nodiscard]] std::future<void> go();
  /// Lets the nodes finish their call and stop; the future is ready when the last Node::stop() has returned.
  [[nodiscard]] std::future<void>& request_stop();

  /// Any thread: a command for a node of this thread. False: it has no such node.
  virtual bool ask(const std::string& node, NodeCommand command) = 0;
  [[nodiscard]] virtual bool calls(const std::string& node) const = 0;  ///< the node is one of this thread's

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] int thread_id() const { return thread_id_.load(); }  ///< 0: not started; any thread
  /// Times that the re-check found data for which no ring came either.
  [[nodiscard]] std::uint64_t lost_wakes() const { return lost_wakes_.count(); }

 protected:
  virtual void start_nodes() = 0;
  virtual void loop(const std::stop_token& stop) = 0;
  virtual void stop_nodes() = 0;

  /// Blocks until the bell rings or CLOCK_MONOTONIC, now `now_ns`, reaches `until_ns`, spinning first. True:
  /// rung.
  bool wait(std::int64_t until_ns, std::int64_t now_ns) noexcept;
  void wait_for_recheck() noexcept;
  /// The same without blocking.
  bool spin_to(std::int64_t until_ns) noexcept;
  [[nodiscard]] std::int64_t margin_ns() const noexcept { return options_.margin_ns; }
  /// It looks at its nodes once more.
  void count_pass() noexcept { probe_.passed(lost_wakes()); }
  /// Before looking at queues: later rings count for the next wait.
  void clear_bell() noexcept;
  /// Any thread: wakes it.
  void ring() noexcept { bell_.ring(); }
  [[nodiscard]] const Doorbell& bell() const noexcept { return bell_; }
  /// For derived destructors: stops and joins.
  void finish();

  static constexpr std::int64_t kRecheckNs = 100'000'000;  ///< bounds a lost wake
  LostWakes lost_wakes_{kRecheckNs};

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool spin(std::int64_t until_ns) const noexcept;  ///< true: rung
  std::vector<std::string> set_up();

  WorkerOptions options_;
  Doorbell& bell_;
  WorkerProbe probe_;
  std::promise<std::vector<std::string>> denied_;
  std::promise<void> go_;
  std::promise<void> started_;
  std::promise<void> stopped_;
  std::future<void> stopped_future_;
  bool gone_ = false;
  std::atomic<int> thread_id_{0};
  std::jthread thread_;
};

class ExecutorWorker final : public Worker {
 public:
  ExecutorWorker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters,
                 const std::vector<NodeRunner*>& nodes, std::span<const std::string> order);
  ~ExecutorWorker() override { finish(); }
  bool ask(const std::string& node, NodeCommand command) override;
  [[nodiscard]] bool calls(const std::string& node) const override;

 private:
  void start_nodes() override { executor_.start(); }
  void loop(const std::stop_token& stop) override;
  void stop_nodes() override { executor_.stop(); }
  bool wait_for_tick(std::int64_t tick_ns) noexcept;

  Executor executor_;
};

class LoopWorker final : public Worker {
 public:
  LoopWorker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters);
  ~LoopWorker() override { finish(); }
  bool ask(const std::string& node, NodeCommand command) override;
  [[nodiscard]] bool calls(const std::string& node) const override { return node_->name() == node; }

  /// Before start(). The node's context waits with wait_until().
  void set_node(NodeRunner& node) { node_ = &node; }
  /// What NodeContext::wait_until() of this node does. Thread: the node's.
  void wait_until(Time until) noexcept;

 private:
  void start_nodes() override { node_->start(); }
  void loop(const std::stop_token& stop) override;
  void stop_nodes() override { node_->stop(); }
  [[nodiscard]] bool has_data() const;
  void wait_for_next_run(const std::stop_token& stop);
  void request_run_stop();

  NodeRunner* node_ = nullptr;
  std::mutex run_mutex_;  ///< guards run_ against commands
  std::stop_source run_;  ///< of the run() that goes on
  std::stop_token stop_;  ///< of it
};

}  // namespace tactus
