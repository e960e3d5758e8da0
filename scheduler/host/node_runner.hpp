// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host_context.hpp"
#include "node_probe.hpp"
#include "release.hpp"

namespace tactus {

/// One node inside its host: calls it, measures it, and keeps what it throws from everyone else.
/// Thread: the node's, except where said.
class NodeRunner {
 public:
  struct Options {
    NodeSettings settings;
    Trigger trigger;
    std::int64_t deadline_ns = 0;  ///< from release to the end of step(); 0: none
    std::int64_t budget_ns = 0;    ///< longest run time of one step(); 0: none
  };

  /// `entry` and `counters` outlive the runner.
  NodeRunner(Options options, const NodeEntry& entry, NodeServices services, NodeCounters& counters);
  ~NodeRunner();

  /// Constructs the node and gates its triggering inputs. Any thread, before start(). What a constructor
  /// throws is a set-up error: it passes through.
  void construct();
  /// Node::start() and the start of the grid. False: faulted.
  bool start();
  /// Every release that is due at `now_ns` of the group's clock, oldest first, at most a queue's worth.
  /// Returns the number of calls.
  std::size_t release(std::int64_t now_ns);
  /// Node::run(); returns when the node does.
  void run(const std::stop_token& stop);
  /// Node::stop(), also of a faulted node that was started. Not of one whose start failed.
  void stop();

  /// True when release() would call the node without waiting for its grid.
  [[nodiscard]] bool waiting() const;
  /// The next instant of the grid on the group's clock; the end of time when there is none.
  [[nodiscard]] std::int64_t next_ns() const;

  [[nodiscard]] const std::string& name() const { return options_.settings.name; }
  [[nodiscard]] const Trigger& trigger() const { return options_.trigger; }
  [[nodiscard]] NodeState state() const { return probe_.state(); }  ///< any thread
  [[nodiscard]] HostContext& context() { return context_; }

 private:
  bool admit_set();
  void close_inputs();
  void step(Time released);
  void gate_inputs();
  void look_for_stale_inputs(std::int64_t now_ns);
  void check_times(Time released, std::int64_t run_ns);
  template <typename Call>
  std::int64_t guarded(NodePhase phase, Call&& call);  ///< run time
  void faulted(NodePhase phase, const char* what);

  Options options_;
  const NodeEntry& entry_;
  HostContext context_;
  NodeProbe probe_;
  std::unique_ptr<Node, void (*)(Node*)> node_;
  std::optional<Grid> grid_;
  std::vector<InputPort*> gated_;
  std::vector<InputPort*> free_;
  std::vector<std::int64_t> stamps_;
  struct Watched {
    const HostContext::Input* input;
    bool stale = false;
  };
  std::vector<Watched> watched_;                 ///< inputs with stale_after:
  std::vector<const UntypedSubscriber*> stale_;  ///< of this call
  std::int64_t start_ns_ = 0;                    ///< group's clock
  std::uint64_t cycle_ = 0;
  bool started_ = false;
};

}  // namespace tactus
