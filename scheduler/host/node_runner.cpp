// SPDX-License-Identifier: Apache-2.0
#include "node_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/prefetch.hpp"

namespace tactus {
namespace {

constexpr std::size_t kWarmNodeBytes = 1024;  // nobody says how large a node is

}  // namespace

template <typename Call>
std::int64_t NodeRunner::guarded(NodePhase phase, const Start& start, Call&& call) {
  probe_.begin(phase, cycle_, start.due_ns, start.at_ns);
  try {
    call();
  } catch (const std::exception& error) {
    faulted(phase, error.what());
  } catch (...) {
    faulted(phase, "something that is no std::exception");
  }
  const std::int64_t end_ns = monotonic_ns();
  probe_.end(end_ns, outcome(start, end_ns));
  return end_ns;
}

template <typename Call>
void NodeRunner::guarded(NodePhase phase, Call&& call) {
  const std::int64_t now_ns = monotonic_ns();
  guarded(phase, {now_ns, now_ns, {}, nullptr}, std::forward<Call>(call));
}

std::uint8_t NodeRunner::outcome(const Start& start, std::int64_t end_ns) const {
  std::uint8_t outcome = state() == NodeState::kFaulted ? kFlightFaulted : 0;
  if (start.release == nullptr || (rules().deadline_ns == 0 && rules().budget_ns == 0)) return outcome;
  const Missed missed = judge(rules(), *start.release, to_ns(group_clock().at(end_ns)), end_ns - start.at_ns);
  if (missed.budget) outcome |= kFlightOverBudget;
  if (missed.deadline) outcome |= kFlightDeadlineMissed;
  return outcome;
}

NodeRunner::NodeRunner(Options options, const NodeEntry& entry, NodeServices services, const NodePlace& place)
    : options_{std::move(options)},
      entry_{&entry},
      flight_{place.recorder, place.node},
      context_{options_.settings, std::move(services), flight_},
      probe_{place, flight_, options_.settings.name},
      node_{nullptr, entry.destroy},
      policy_{options_.restart} {
  probe_.declare(trigger().period_ns, rules().deadline_ns, rules().budget_ns);
}

NodeRunner::~NodeRunner() {
  if (resumable_ != nullptr) resumable_->cancel();
}

void NodeRunner::construct() {
  probe_.set_state(NodeState::kStarting);
  wire();
}

void NodeRunner::wire() {
  node_ = {entry_->create(context_), entry_->destroy};
  TACTUS_ENSURE(node_ != nullptr, "a node from the library's create()");
  if (entry_->resumable != nullptr) resumable_ = entry_->resumable(node_.get());
  context_.seal();
  wire_inputs();
}

void NodeRunner::wire_inputs() {
  for (auto* list : {&gated_, &free_}) list->clear();
  watched_.clear();
  gate_inputs();
  if (trigger().kind == TriggerKind::kSelfLooping) return;
  for (const auto& input : context_.inputs()) {
    if (std::ranges::find(gated_, input.port.get()) == gated_.end()) free_.push_back(input.port.get());
    if (input.settings.stale_after_ns > 0) watched_.push_back({&input});
  }
  stale_.reserve(watched_.size());
}

void NodeRunner::gate_inputs() {
  if (trigger().kind != TriggerKind::kOn && trigger().kind != TriggerKind::kOnAll) return;
  for (const std::string& topic : trigger().topics) {
    auto& inputs = context_.inputs();
    const auto input = std::ranges::find(inputs, topic, &HostContext::Input::topic);
    if (input == inputs.end()) {
      throw std::invalid_argument{
          fmt::format("node {} is to be called on {}, but none of its inputs reads it", name(), topic)};
    }
    input->port->gate();
    gated_.push_back(input->port.get());
  }
}

bool NodeRunner::start() {
  guarded(NodePhase::kStart, [this] { node_->start(); });
  started_ = state() != NodeState::kFaulted;
  if (!started_) return false;
  probe_.set_state(NodeState::kRunning);
  start_ns_ = to_ns(group_now());
  return true;
}

std::int64_t NodeRunner::call(const Release& release, std::int64_t now_ns) {
  if (release.skipped > 0) probe_.releases_skipped(release.skipped, now_ns);
  if (release.skipped > 0 && trigger().on_overrun == OnOverrun::kFault) {
    overran(release.skipped);
    return now_ns;
  }
  const GroupClock clock = group_clock();
  const std::int64_t due_ns = clock.monotonic_at(from_ns(release.released_ns));
  if (due_ns > now_ns) now_ns = monotonic_ns();  // its message came while the call before it went on
  const Start start{now_ns, due_ns, clock.at(now_ns), &release};
  if (resumable_ != nullptr) return go_on(start);
  for (InputPort* port : gated_) port->admit();
  const std::int64_t end_ns = step(start);
  close_inputs();
  return end_ns;
}

/// Between its calls all that has come counts: data wakes a coroutine. When it has returned it is stopped.
std::int64_t NodeRunner::go_on(const Start& start) {
  const std::int64_t end_ns = step(start);
  for (InputPort* port : free_) port->thaw();
  if (awaited().over && state() == NodeState::kRunning) stop();
  return end_ns;
}

const SampleHeader* NodeRunner::awaited_message() const {
  const SampleHeader* oldest = nullptr;
  for (UntypedSubscriber* input : awaited().inputs) {
    const SampleHeader* message = static_cast<InputPort*>(input)->peek();
    if (message == nullptr) continue;
    if (oldest == nullptr || message->publish_time_ns < oldest->publish_time_ns) oldest = message;
  }
  return oldest;
}

bool NodeRunner::has_awaited_message() const {
  return std::ranges::any_of(awaited().inputs,
                             [](const UntypedSubscriber* input) { return input->has_data(); });
}

void NodeRunner::warm() const noexcept {
  prefetch(*this);
  prefetch(node_.get(), kWarmNodeBytes);
  probe_.warm();
  flight_.warm();
  for (const auto& input : context_.inputs()) input.port->warm();
  for (const auto& output : context_.outputs()) output.port->warm();
}

void NodeRunner::close_inputs() {
  for (InputPort* port : gated_) port->close();
}

std::int64_t NodeRunner::step(const Start& start) {
  context_.begin_release();
  for (InputPort* port : free_) port->freeze(to_ns(start.time));
  look_for_stale_inputs(to_ns(start.time));
  const Cycle cycle{cycle_, start.time, from_ns(start.release->released_ns), stale_};
  const std::int64_t end_ns = guarded(NodePhase::kStep, start, [&] { node_->step(cycle); });
  ++cycle_;
  return end_ns;
}

void NodeRunner::look_for_stale_inputs(std::int64_t now_ns) {
  stale_.clear();
  for (Watched& watched : watched_) {
    const auto& [name, topic, port, settings] = *watched.input;
    const std::int64_t age_ns = clamped_difference(now_ns, port->newest_ns().value_or(start_ns_));
    const bool was_stale = std::exchange(watched.stale, age_ns > settings.stale_after_ns);
    if (!watched.stale) continue;
    stale_.push_back(port.get());
    if (was_stale) continue;
    probe_.input_stale();
    context_.log().warn("input '{}' is stale: nothing came on {} for {} ms", name, topic, age_ns / 1'000'000);
  }
}

void NodeRunner::run(const std::stop_token& stop) {
  if (state() != NodeState::kRunning) return;
  guarded(NodePhase::kRun, [&] { node_->run(stop); });
  if (state() == NodeState::kRunning && !stop.stop_requested()) restart_when_due(false);
}

void NodeRunner::stop() {
  if (!started_) return;
  started_ = false;
  close_inputs();
  const bool was_running = state() == NodeState::kRunning || state() == NodeState::kPaused;
  guarded(NodePhase::kStop, [this] {
    if (resumable_ != nullptr) resumable_->cancel();
    node_->stop();
  });
  if (was_running && state() != NodeState::kFaulted) probe_.set_state(NodeState::kStopped);
}

void NodeRunner::overran(std::uint64_t ticks) {
  context_.log().error("faulted: late by {} ticks in cycle {} (on_overrun: fault); {}", ticks, cycle_,
                       fault());
}

void NodeRunner::faulted(NodePhase phase, const char* what) {
  if (resumable_ != nullptr) resumable_->cancel();
  context_.log().error("faulted: {} of cycle {} threw: {}; {}", to_text(phase), cycle_, what, fault());
}

std::string NodeRunner::fault() {
  probe_.fault();
  probe_.set_state(NodeState::kFaulted);
  restart_when_due(true);
  if (restart_at_ns_ != 0) return "it is constructed again";
  const RestartSettings& restart = options_.restart;
  if (restart.when == RestartWhen::kNever) return "it is not called again";
  return fmt::format("given up: it faulted {} times within {} s", restart.most + 1,
                     restart.window_ns / 1'000'000'000);
}

void NodeRunner::restart_when_due(bool failed) {
  const auto decision = policy_.ended(failed, to_ns(group_now()));
  restart_at_ns_ = decision.action == RestartPolicy::Action::kRestart ? decision.at_ns : 0;
}

bool NodeRunner::look_after(std::int64_t now_ns) {
  const NodeCommand command = asked_.load(std::memory_order_acquire);
  const bool due = restart_at_ns_ != 0 && now_ns >= restart_at_ns_;
  if (command == NodeCommand::kNone && !due) return false;
  bool renewed = false;
  if (command == NodeCommand::kPause || command == NodeCommand::kResume) {
    hold();
  } else if (command == NodeCommand::kStop) {
    stop();
    restart_at_ns_ = 0;
    probe_.set_state(NodeState::kStopped);
  } else if (command == NodeCommand::kReload) {
    renewed = take_over();
  } else {
    if (command != NodeCommand::kNone) policy_.forget();
    renew();
    renewed = true;
  }
  asked_.store(NodeCommand::kNone, std::memory_order_release);
  return renewed;
}

bool NodeRunner::take_over_after_run() {
  if (asked_.load(std::memory_order_acquire) != NodeCommand::kReload || state() != NodeState::kRunning)
    return false;
  take_over();
  asked_.store(NodeCommand::kNone, std::memory_order_release);
  return true;
}

/// True: another one is in its place.
bool NodeRunner::take_over() {
  Successor* next = successor_.exchange(nullptr, std::memory_order_acq_rel);
  if (next == nullptr) return false;  // withdrawn
  const std::int64_t start_ns = monotonic_ns();
  probe_.begin(NodePhase::kStart, cycle_, start_ns, start_ns);
  next->refused = hand_over(*next);
  const bool replaced = next->refused.empty();
  if (replaced) replace_by(*next);
  next->node.reset();  // on this thread: it may hold loans
  const std::int64_t end_ns = monotonic_ns();
  probe_.end(end_ns, 0);
  next->held_ns = end_ns - start_ns;
  next->done.store(true, std::memory_order_release);
  return replaced;
}

/// The old one can go on until all of it has succeeded. Returns what failed.
std::string NodeRunner::hand_over(Successor& next) {
  Node& fresh = *next.node;
  const bool runs = state() == NodeState::kRunning && entry_->stateful != nullptr;
  const bool hands_over = runs && next.entry->stateful != nullptr;
  const char* doing = "save()";
  bool started = false;
  std::string refused;
  try {
    StateWriter written{next.room};
    if (hands_over) {
      const Stateful& old = *entry_->stateful(node_.get());
      next.state_version = old.state_version();
      old.save(written);
    }
    doing = "start()";
    fresh.start();
    started = true;
    if (!hands_over) return {};
    doing = "restore()";
    StateReader saved{std::span{next.room}.first(written.size())};
    next.entry->stateful(&fresh)->restore(saved, next.state_version);
    TACTUS_ENSURE(saved.left() == 0, "a restore() that reads all that save() wrote");
    next.state_bytes = written.size();
    return {};
  } catch (const std::exception& error) {
    refused = fmt::format("{} threw: {}", doing, error.what());
  } catch (...) {
    refused = fmt::format("{} threw something that is no std::exception", doing);
  }
  try {
    if (started) fresh.stop();
  } catch (...) {  // it is gone either way
  }
  return refused;
}

void NodeRunner::replace_by(Successor& next) {
  restart_at_ns_ = 0;
  policy_.forget();
  close_inputs();
  try {
    if (resumable_ != nullptr) resumable_->cancel();
    if (started_) node_->stop();
  } catch (const std::exception& error) {
    context_.log().error("stop() of the one that was replaced threw: {}", error.what());
  } catch (...) {
    context_.log().error("stop() of the one that was replaced threw something that is no std::exception");
  }
  std::swap(node_, next.node);
  std::swap(entry_, next.entry);
  std::swap(successor_context_, next.context);
  context_.swap_parameters(next.parameters);
  resumable_ = entry_->resumable == nullptr ? nullptr : entry_->resumable(node_.get());
  wire_inputs();
  started_ = true;
  if (state() == NodeState::kRunning) return;
  probe_.set_state(NodeState::kRunning);
  start_ns_ = to_ns(group_now());
}

bool NodeRunner::hold() noexcept {
  const NodeCommand command = asked_.load(std::memory_order_acquire);
  if (command == NodeCommand::kPause && state() == NodeState::kRunning) probe_.set_state(NodeState::kPaused);
  if (command == NodeCommand::kResume && state() == NodeState::kPaused) probe_.set_state(NodeState::kRunning);
  if (command == NodeCommand::kPause || command == NodeCommand::kResume) ask(NodeCommand::kNone);
  return state() == NodeState::kPaused;
}

/// The ports stay: what waits in them, and who is connected with them.
void NodeRunner::renew() {
  restart_at_ns_ = 0;
  stop();
  resumable_ = nullptr;
  node_.reset();
  successor_context_.reset();
  probe_.set_state(NodeState::kStarting);
  guarded(NodePhase::kStart, [this] {
    context_.reopen();
    wire();
  });
  if (state() == NodeState::kStarting) start();
}

}  // namespace tactus
