// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host_context.hpp"
#include "node_probe.hpp"
#include "schedule.hpp"
#include "successor.hpp"

namespace tactus {

/// What people ask of a node that runs.
enum class NodeCommand : std::uint32_t { kNone, kStop, kStart, kRestart, kPause, kResume, kReload };

/// One node inside its host: calls it, measures it, keeps what it throws from everyone else, and constructs
/// it again by its policy. Thread: the node's, except where said.
class NodeRunner {
 public:
  struct Options {
    NodeSettings settings;
    NodeRules rules;
    RestartSettings restart{.when = RestartWhen::kNever};
  };

  /// `entry` and what `place` refers to outlive the runner.
  NodeRunner(Options options, const NodeEntry& entry, NodeServices services, const NodePlace& place);
  ~NodeRunner();

  /// Constructs the node and gates its triggering inputs. Any thread, before start(). What a constructor
  /// throws is a set-up error: it passes through.
  void construct();
  /// Node::start(). False: faulted.
  bool start();
  /// Node::step(), with what `release` was made for. `now_ns` of CLOCK_MONOTONIC: when the call before it
  /// ended, as looking at the clock costs as much as all the rest. Returns when this one did.
  std::int64_t call(const Release& release, std::int64_t now_ns);
  /// Prefetches what a call touches.
  void warm() const noexcept;
  /// Node::run(); returns when the node does.
  void run(const std::stop_token& stop);
  /// Node::stop(), also of a faulted node that was started. Not of one whose start failed.
  void stop();

  /// Any thread. It is done at the next look_after() or hold(); a command before that is replaced.
  void ask(NodeCommand command) noexcept { asked_.store(command, std::memory_order_release); }
  [[nodiscard]] bool asked() const noexcept { return asked_.load() != NodeCommand::kNone; }  ///< any thread
  /// Any thread, before ask(kReload): `successor` takes the node's place, or says why it does not; then it is
  /// done. It stays where it is until then.
  void offer(Successor& successor) noexcept { successor_.store(&successor, std::memory_order_release); }
  /// Any thread. False: too late, it is being done.
  [[nodiscard]] bool withdraw() noexcept { return successor_.exchange(nullptr) != nullptr; }
  /// Between calls: what was asked for, and the construction that is due at `now_ns` of the group's clock
  /// after the node ended. Its inputs and outputs stay connected. Allocates only when it does something.
  /// True: it was constructed again or replaced.
  bool look_after(std::int64_t now_ns);
  /// After run() has returned: a successor that was offered takes its place. True: one was, and run() is
  /// called again, its or the old one's.
  bool take_over_after_run();
  /// Within run(), between two waits: pauses and resumes when that was asked for. True: the node is paused.
  bool hold() noexcept;

  [[nodiscard]] const std::string& name() const { return options_.settings.name; }
  [[nodiscard]] const NodeRules& rules() const { return options_.rules; }
  [[nodiscard]] const Trigger& trigger() const { return options_.rules.trigger; }
  /// The inputs that call the node, in the order of its trigger.
  [[nodiscard]] const std::vector<InputPort*>& gated() const { return gated_; }
  /// Of a coroutine: what it waits for now.
  [[nodiscard]] const Wait& awaited() const { return resumable_->awaited(); }
  /// Of a coroutine: the oldest message at an input that it waits for; nullptr: none.
  [[nodiscard]] const SampleHeader* awaited_message() const;
  [[nodiscard]] bool has_awaited_message() const;  ///< may be cheaper
  /// When start() returned, on the group's clock.
  [[nodiscard]] std::int64_t started_ns() const { return start_ns_; }
  [[nodiscard]] NodeState state() const { return probe_.state(); }  ///< any thread
  /// What a self-looping node does; not for others.
  [[nodiscard]] NodeProbe& probe() { return probe_; }
  [[nodiscard]] HostContext& context() { return context_; }

 private:
  void close_inputs();
  /// Of a call, CLOCK_MONOTONIC.
  struct Start {
    std::int64_t at_ns = 0;
    std::int64_t due_ns = 0;
    Time time;                         ///< `at_ns` on the group's clock; of a step
    const Release* release = nullptr;  ///< of a step
  };
  std::int64_t go_on(const Start& start);
  std::int64_t step(const Start& start);
  void wire();
  void renew();
  bool take_over();
  std::string hand_over(Successor& next);
  void replace_by(Successor& next);
  void wire_inputs();
  void gate_inputs();
  void look_for_stale_inputs(std::int64_t now_ns);
  template <typename Call>
  std::int64_t guarded(NodePhase phase, const Start& start, Call&& call);  ///< returns when it ended
  template <typename Call>
  void guarded(NodePhase phase, Call&& call);
  [[nodiscard]] std::uint8_t outcome(const Start& start, std::int64_t end_ns) const;  ///< FlightOutcome
  void faulted(NodePhase phase, const char* what);
  std::string fault();  ///< what follows, for people
  void restart_when_due(bool failed);
  void overran(std::uint64_t ticks);

  Options options_;
  const NodeEntry* entry_;
  FlightLog flight_;  ///< outlives the context
  HostContext context_;
  NodeProbe probe_;
  std::unique_ptr<NodeContext> successor_context_;  ///< of a node that took another's place
  std::unique_ptr<Node, void (*)(Node*)> node_;
  Resumable* resumable_ = nullptr;  ///< the node, when its code waits
  std::vector<InputPort*> gated_;
  std::vector<InputPort*> free_;
  struct Watched {
    const HostContext::Input* input;
    bool stale = false;
  };
  std::vector<Watched> watched_;                 ///< inputs with stale_after:
  std::vector<const UntypedSubscriber*> stale_;  ///< of this call
  std::int64_t start_ns_ = 0;                    ///< group's clock
  std::uint64_t cycle_ = 0;
  bool started_ = false;
  RestartPolicy policy_;
  std::int64_t restart_at_ns_ = 0;  ///< group's clock; 0: never
  std::atomic<NodeCommand> asked_{NodeCommand::kNone};
  std::atomic<Successor*> successor_{nullptr};
};

}  // namespace tactus
