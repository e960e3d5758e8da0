// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "prefault.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

Flow flow_of(NodeRunner& node) {
  Flow flow;
  flow.node = node.name();
  for (const auto& input : node.context().inputs())
    if (!input.settings.delayed) flow.inputs.push_back(input.topic);
  for (const auto& output : node.context().outputs()) flow.outputs.push_back(output.topic);
  flow.periodic = node.trigger().kind == TriggerKind::kEvery;
  return flow;
}

std::vector<NodeRunner*> in_order(const std::vector<NodeRunner*>& nodes, std::span<const std::string> order) {
  std::vector<Flow> flows;
  flows.reserve(nodes.size());
  for (NodeRunner* node : nodes) flows.push_back(flow_of(*node));
  std::vector<NodeRunner*> ordered;
  for (const std::size_t index : call_order(flows, order)) ordered.push_back(nodes[index]);
  return ordered;
}

std::vector<NodeRules> rules_of(const std::vector<NodeRunner*>& nodes) {
  std::vector<NodeRules> all;
  all.reserve(nodes.size());
  for (const NodeRunner* node : nodes) all.push_back(node->rules());
  return all;
}

/// A stamp as it is while all inputs of the node are on one clock, of whichever host: equal ones stay equal.
/// Else on this host's.
std::int64_t comparable_ns(std::int64_t stamp_ns, const InputPort& port,
                           const std::vector<InputPort*>& inputs) {
  if (port.clock_id() == 0 || port.clock_id() == group_clock().id) return stamp_ns;
  const bool one_clock = std::ranges::all_of(inputs, [&](InputPort* input) {
    if (input->clock_id() == 0) static_cast<void>(input->peek());
    return input->clock_id() == 0 || input->clock_id() == port.clock_id();
  });
  if (one_clock) return stamp_ns;
  const auto own = on_group_clock(from_ns(stamp_ns), port.clock_id());
  return own ? to_ns(own->time) : stamp_ns;
}

}  // namespace

std::optional<Arrivals::Oldest> Executor::Inputs::oldest(std::size_t node, std::size_t input) {
  InputPort& port = *nodes_[node]->gated()[input];
  const SampleHeader* header = port.peek();
  if (header == nullptr) return std::nullopt;
  return Oldest{comparable_ns(port.stamp_ns(), port, nodes_[node]->gated()), header->publish_time_ns};
}

bool Executor::Inputs::any(std::size_t node, std::size_t input) const {
  return nodes_[node]->gated()[input]->waiting();
}

void Executor::Inputs::discard(std::size_t node, std::size_t input) {
  nodes_[node]->gated()[input]->discard();
}

std::optional<std::int64_t> Executor::Inputs::awaited(std::size_t node) {
  const SampleHeader* message = nodes_[node]->awaited_message();
  return message == nullptr ? std::nullopt : std::optional{message->publish_time_ns};
}

bool Executor::Inputs::any_awaited(std::size_t node) const { return nodes_[node]->has_awaited_message(); }

Executor::Executor(const std::vector<NodeRunner*>& nodes, std::span<const std::string> order)
    : nodes_{in_order(nodes, order)}, schedule_{rules_of(nodes_)} {}

void Executor::start() {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node]->start()) schedule_.set_running(node, true, nodes_[node]->started_ns());
  }
}

std::size_t Executor::pass(std::int64_t now_ns, std::int64_t clock_ns, const std::stop_token& stop) {
  follow_states(now_ns);
  schedule_.begin_pass(now_ns);
  Inputs inputs{nodes_};
  std::size_t calls = 0;
  for (; !stop.stop_requested(); ++calls) {
    const Release* release = schedule_.next(inputs);
    if (release == nullptr) break;
    NodeRunner& node = *nodes_[release->node];
    clock_ns = node.call(*release, clock_ns);
    if (node.trigger().kind == TriggerKind::kCoroutine)
      schedule_.set_wake(release->node, to_ns(node.awaited().until));
    if (node.state() != NodeState::kRunning) schedule_.set_running(release->node, false, now_ns);
  }
  return calls;
}

/// Who was paused or started again by others comes out of the schedule, or into it.
void Executor::follow_states(std::int64_t now_ns) {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const bool renewed = nodes_[node]->look_after(now_ns);
    const bool runs = nodes_[node]->state() == NodeState::kRunning;
    if (renewed && runs && nodes_[node]->trigger().kind == TriggerKind::kCoroutine)
      schedule_.set_wake(node, to_ns(nodes_[node]->awaited().until));
    schedule_.set_running(node, runs, now_ns);
  }
}

void Executor::stop() {
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) (*node)->stop();
}

void Executor::warm(std::int64_t until_ns) const noexcept {
  schedule_.warm();
  for (const NodeRunner* node : nodes_) {
    if (monotonic_ns() >= until_ns) return;
    node->warm();
  }
}

bool Executor::waiting() const { return schedule_.waiting(Inputs{nodes_}); }

Worker::Worker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters)
    : options_{std::move(options)}, bell_{bell}, probe_{counters}, stopped_future_{stopped_.get_future()} {}

Worker::~Worker() = default;

std::future<std::vector<std::string>> Worker::start() {
  auto denied = denied_.get_future();
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  return denied;
}

std::future<void> Worker::go() {
  gone_ = true;
  go_.set_value();
  return started_.get_future();
}

std::future<void>& Worker::request_stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    if (!std::exchange(gone_, true)) go_.set_value();
    bell_.ring();
  }
  return stopped_future_;
}

void Worker::finish() {
  static_cast<void>(request_stop());
  if (thread_.joinable()) thread_.join();
}

void Worker::run(const std::stop_token& stop) {
  thread_id_ = gettid();
  block_signals();
  name_this_thread(options_.name);
  auto denied = set_up();
  probe_.describe();
  denied_.set_value(std::move(denied));
  go_.get_future().wait();
  if (!stop.stop_requested()) {
    start_nodes();
    started_.set_value();
    loop(stop);
    stop_nodes();
  }
  stopped_.set_value();
}

/// Returns what was denied.
std::vector<std::string> Worker::set_up() {
  std::vector<std::string> denied = apply_to_this_thread(options_.thread);
  const bool granted = runs_in_real_time();
  if (!granted) options_.margin_ns = 0;
  for (std::string& text : std::array{prefault_stack(), granted ? std::string{} : wake_on_time()})
    if (!text.empty()) denied.push_back(std::move(text));
  return denied;
}

void Worker::clear_bell() noexcept {
  if (bell_.answer()) lost_wakes_.rang();
}

bool Worker::wait(std::int64_t until_ns, std::int64_t now_ns) noexcept {
  probe_.waits(now_ns);
  const bool spun = options_.spin_ns > 0 && spin(std::min(until_ns, now_ns + options_.spin_ns));
  const bool rung = spun || bell_.wait_until(until_ns);
  probe_.wakes();
  return rung;
}

void Worker::wait_for_recheck() noexcept {
  const std::int64_t now_ns = monotonic_ns();
  wait(now_ns + kRecheckNs, now_ns);
}

bool Worker::spin_to(std::int64_t until_ns) noexcept {
  probe_.waits(monotonic_ns());
  const bool rung = spin(until_ns);
  probe_.wakes();
  return rung;
}

/// Looking at the bell costs much less than looking at the clock.
bool Worker::spin(std::int64_t until_ns) const noexcept {
  constexpr int kLooksPerClock = 8;
  while (monotonic_ns() < until_ns) {
    for (int look = 0; look < kLooksPerClock; ++look)
      if (bell_.rung()) return true;
  }
  return false;
}

ExecutorWorker::ExecutorWorker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters,
                               const std::vector<NodeRunner*>& nodes, std::span<const std::string> order)
    : Worker{std::move(options), bell, counters}, executor_{nodes, order} {}

void ExecutorWorker::loop(const std::stop_token& stop) {
  set_own_doorbell(&bell());  // what its nodes publish is looked for before each wait
  bool rung = true;
  while (!stop.stop_requested()) {
    clear_bell();
    if (stop.stop_requested()) return;  // its ring may be the one that was just cleared
    const std::int64_t clock_ns = monotonic_ns();
    const std::int64_t now_ns = to_ns(group_clock().at(clock_ns));
    lost_wakes_.judge(clock_ns);
    if (!rung && executor_.next_ns() > now_ns && executor_.waiting()) lost_wakes_.found(clock_ns);
    count_pass();
    executor_.pass(now_ns, clock_ns, stop);
    rung = executor_.waiting() || wait_for_tick(group_clock().monotonic_at(from_ns(executor_.next_ns())));
  }
}

/// One futex wait, for the tick, for data and for the re-check alike.
bool ExecutorWorker::wait_for_tick(std::int64_t tick_ns) noexcept {
  const std::int64_t now_ns = monotonic_ns();
  const std::int64_t recheck_ns = now_ns + kRecheckNs;
  const std::int64_t early_ns = clamped_difference(tick_ns, margin_ns());
  if (margin_ns() == 0 || early_ns > recheck_ns) return wait(std::min(tick_ns, recheck_ns), now_ns);
  if (now_ns < early_ns && wait(early_ns, now_ns)) return true;
  executor_.warm(tick_ns);
  return spin_to(tick_ns);
}

bool ExecutorWorker::ask(const std::string& node, NodeCommand command) {
  for (NodeRunner* runner : executor_.nodes()) {
    if (runner->name() != node) continue;
    runner->ask(command);
    ring();
    return true;
  }
  return false;
}

bool ExecutorWorker::calls(const std::string& node) const {
  return std::ranges::any_of(executor_.nodes(),
                             [&](const NodeRunner* runner) { return runner->name() == node; });
}

LoopWorker::LoopWorker(WorkerOptions options, Doorbell& bell, WorkerCounters& counters)
    : Worker{std::move(options), bell, counters} {}

void LoopWorker::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::scoped_lock lock{run_mutex_};
      run_ = std::stop_source{};
      stop_ = run_.get_token();
    }
    {
      const std::stop_callback end_run{stop, [this] { request_run_stop(); }};
      node_->run(stop_);
    }
    if (!stop.stop_requested() && node_->take_over_after_run()) continue;
    node_->stop();
    wait_for_next_run(stop);
  }
}

/// Until the node is asked to run again, or its policy says so.
void LoopWorker::wait_for_next_run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    node_->look_after(to_ns(group_now()));
    if (node_->state() == NodeState::kRunning) return;
    wait_for_recheck();
    clear_bell();
  }
}

void LoopWorker::request_run_stop() {
  const std::scoped_lock lock{run_mutex_};
  run_.request_stop();
}

bool LoopWorker::ask(const std::string& node, NodeCommand command) {
  if (node_->name() != node) return false;
  node_->ask(command);
  const bool ends_run =
      command == NodeCommand::kStop || command == NodeCommand::kRestart || command == NodeCommand::kReload;
  if (ends_run) request_run_stop();
  ring();
  return true;
}

// Rings since the last return count: the bell is cleared before the node looks at its inputs, never after.
void LoopWorker::wait_until(Time until) noexcept {
  const std::int64_t until_ns = group_clock().monotonic_at(until);
  const bool left_over = has_data();
  node_->probe().waits(monotonic_ns());
  while (!stop_.stop_requested()) {
    const std::int64_t now_ns = monotonic_ns();
    lost_wakes_.judge(now_ns);
    if (now_ns >= until_ns || wait(std::min(until_ns, now_ns + kRecheckNs), now_ns)) break;
    if (left_over || !has_data()) continue;
    lost_wakes_.found(now_ns);
    break;
  }
  while (node_->hold() && !stop_.stop_requested()) {
    clear_bell();
    wait_for_recheck();
  }
  node_->probe().wakes(monotonic_ns());
  count_pass();
  clear_bell();
}

bool LoopWorker::has_data() const {
  return std::ranges::any_of(node_->context().inputs(),
                             [](const auto& input) { return input.port->has_data(); });
}

}  // namespace tactus
