// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/host.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <future>
#include <utility>

#include "host_impl.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

std::string located(const std::string& at, const std::string& what) {
  return at.empty() ? what : at + ": " + what;
}

}  // namespace

std::vector<std::string> Host::Impl::construct() {
  if (wants_realtime()) keep_heap();
  for (const HostExecutor& executor : settings_.executors) {
    bells_[executor.name] = services_.add_bell();
    workers_[executor.name] = services_.add_worker(executor.name, WorkerKind::kExecutor);
  }
  for (const HostNode& node : settings_.nodes) construct_node(node);
  for (const HostExecutor& executor : settings_.executors) add_executor(executor);
  std::ranges::stable_sort(threads_, {}, &Thread::first);
  if (wants_realtime()) touch_loans();
  return start_threads();
}

void Host::Impl::touch_loans() {
  for (const HostedNode& node : nodes_.all()) {
    for (const auto& output : node.runner->context().outputs()) loans_.emplace_back(*output.port);
  }
}

/// All processes of the launch hold their loans now: what they have touched is what will go around.
std::vector<std::string> Host::Impl::prefault() {
  if (!wants_realtime()) return {};
  auto denied = prefault_shared_memory();
  for (std::string& text : denied) text.insert(0, process_text());
  loans_.clear();
  return settle(std::move(denied));
}

void Host::Impl::construct_node(const HostNode& node) {
  if (node.trigger.kind == TriggerKind::kSelfLooping) return construct_loop(node);
  if (!bells_.contains(node.executor)) {
    throw HostError{fmt::format("node {}: process '{}' has no executor '{}'", node.settings.name,
                                settings_.process, node.executor)};
  }
  nodes_.construct(node, [&] { return seat_of(node, bells_.at(node.executor), workers_.at(node.executor)); });
}

/// With a thread of its own.
void Host::Impl::construct_loop(const HostNode& node) {
  const std::string& name = node.settings.name;
  LoopWorker* loop = nullptr;
  const HostedNode& made = nodes_.construct(node, [&] {
    const HostServices::Bell bell = services_.add_bell();
    const HostServices::WorkerPlace place = services_.add_worker(name, WorkerKind::kSelfLooping);
    auto worker =
        std::make_unique<LoopWorker>(WorkerOptions{name.substr(name.rfind('/') + 1), allowed(node.thread), 0},
                                     *bell.word, *place.counters);
    loop = worker.get();
    threads_.push_back(
        {nodes_.size(), located(node.at, fmt::format("node '{}': ", name)), std::move(worker)});
    NodeSeat seat = seat_of(node, bell, place);
    seat.wait = [loop](Time until) { loop->wait_until(until); };
    return seat;
  });
  loop->set_node(*made.runner);
}

NodeSeat Host::Impl::seat_of(const HostNode& node, const HostServices::Bell& bell,
                             const HostServices::WorkerPlace& worker) const {
  // Inputs that call nobody are not worth a wake.
  const bool waits =
      node.trigger.kind == TriggerKind::kSelfLooping || node.trigger.kind == TriggerKind::kCoroutine;
  const auto doorbell = [&node, id = bell.id, waits](const std::string& topic) -> DoorbellId {
    const auto& topics = node.trigger.topics;
    return waits || std::ranges::find(topics, topic) != topics.end() ? id : 0;
  };
  return {worker, *services_.transport, doorbell};
}

void Host::Impl::add_executor(const HostExecutor& executor) {
  const auto [first, runners] = nodes_.called_by(executor);
  if (runners.empty()) return;
  WorkerOptions options{executor.name, allowed(executor.thread), executor.spin_ns, executor.margin_ns};
  threads_.push_back(
      {first, located(executor.at, fmt::format("executor '{}': ", executor.name)),
       std::make_unique<ExecutorWorker>(std::move(options), *bells_.at(executor.name).word,
                                        *workers_.at(executor.name).counters, runners, executor.order)});
}

/// `realtime: off`: the priorities of the launch file are not asked for, the CPUs are.
ThreadSettings Host::Impl::allowed(ThreadSettings thread) const {
  if (settings_.realtime == RealtimeMode::kOff) thread.policy = ThreadPolicy::kOther;
  return thread;
}

bool Host::Impl::wants_realtime() const {
  const auto realtime = [](const auto& user) { return user.thread.policy != ThreadPolicy::kOther; };
  return settings_.realtime != RealtimeMode::kOff && (std::ranges::any_of(settings_.executors, realtime) ||
                                                      std::ranges::any_of(settings_.nodes, realtime));
}

std::string Host::Impl::process_text() const {
  return located(settings_.realtime_at, fmt::format("process '{}': ", settings_.process));
}

std::vector<std::string> Host::Impl::start_threads() {
  std::vector<std::string> denied;
  if (wants_realtime()) {
    for (const std::string& text : std::array{lock_memory(), cpu_latency_.hold()})
      if (!text.empty()) denied.push_back(process_text() + text);
  }
  for (const Thread& thread : threads_) {
    for (const std::string& text : thread.worker->start().get()) denied.push_back(thread.what + text);
  }
  return settle(std::move(denied));
}

/// What the system denied is an error or said to everybody who looks.
std::vector<std::string> Host::Impl::settle(std::vector<std::string> denied) const {
  if (!denied.empty() && settings_.realtime == RealtimeMode::kRequired)
    throw HostError{fmt::format("{}\n(`realtime: required`; with `preferred` it starts degraded)",
                                fmt::join(denied, "\n"))};
  for (const std::string& text : denied)
    if (services_.add_degradation) services_.add_degradation(text);
  return denied;
}

void Host::Impl::start() {
  for (const auto& wave : start_waves()) {
    std::vector<std::future<void>> started;
    started.reserve(wave.size());
    for (const Thread* thread : wave) started.push_back(thread->worker->go());
    for (auto& future : started) future.wait();
  }
}

/// Threads that start together; each wave after the one before it (start_after).
std::vector<std::vector<const Host::Impl::Thread*>> Host::Impl::start_waves() const {
  std::vector<const Thread*> left;
  for (const Thread& thread : threads_) left.push_back(&thread);
  std::vector<std::vector<const Thread*>> waves;
  while (!left.empty()) {
    std::vector<const Thread*> wave, later;
    for (const Thread* thread : left) {
      const bool waits = std::ranges::any_of(
          left, [&](const Thread* other) { return other != thread && waits_for(*thread, *other); });
      (waits ? later : wave).push_back(thread);
    }
    if (wave.empty()) std::swap(wave, later);  // a cycle, which no plan has
    waves.push_back(std::move(wave));
    left = std::move(later);
  }
  return waves;
}

bool Host::Impl::waits_for(const Thread& later, const Thread& earlier) const {
  return std::ranges::any_of(nodes_.all(), [&](const HostedNode& node) {
    return later.worker->calls(node.runner->name()) &&
           std::ranges::any_of(node.plan->start_after,
                               [&](const std::string& name) { return earlier.worker->calls(name); });
  });
}

bool Host::Impl::stop(std::chrono::milliseconds limit) {
  bool all = true;
  for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread) {
    all &= thread->worker->request_stop().wait_for(limit) == std::future_status::ready;
  }
  return all;
}

std::vector<std::string> Host::Impl::hanging() const {
  std::vector<std::string> texts;
  for (const HostedNode& node : nodes_.all()) {
    const NodePhase phase = node.counters->phase.load(std::memory_order_acquire);
    if (phase == NodePhase::kIdle) continue;
    const double seconds = static_cast<double>(monotonic_ns() - node.counters->call_start_ns.load()) * 1e-9;
    texts.push_back(fmt::format("node {} has been in {}() for {:.1f} s (cycle {})", node.runner->name(),
                                to_text(phase), seconds, node.counters->cycle.load()));
  }
  return texts;
}

std::size_t Host::Impl::count(NodeState state) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      nodes_.all(), [state](const HostedNode& node) { return node.runner->state() == state; }));
}

std::uint64_t Host::Impl::lost_wakes() const {
  std::uint64_t sum = 0;
  for (const Thread& thread : threads_) sum += thread.worker->lost_wakes();
  return sum;
}

Host::Host(const HostSettings& settings, HostServices services)
    : impl_{std::make_unique<Impl>(settings, std::move(services))} {}
Host::~Host() = default;
std::vector<std::string> Host::construct() { return impl_->construct(); }
std::vector<std::string> Host::prefault() { return impl_->prefault(); }
void Host::start() { impl_->start(); }
bool Host::stop(std::chrono::milliseconds limit) { return impl_->stop(limit); }
std::string Host::command(const std::string& node, const std::string& what, std::chrono::milliseconds limit) {
  return impl_->command(node, what, limit);
}
Reload Host::reload(const std::string& node, const std::filesystem::path& library,
                    const std::map<std::string, ParameterValue>& parameters,
                    std::chrono::milliseconds limit) {
  return impl_->reload(node, library, parameters, limit);
}
std::string Host::set_log_level(const std::string& node, const std::string& level) {
  return impl_->set_log_level(node, level);
}
std::vector<std::string> Host::hanging() const { return impl_->hanging(); }
std::size_t Host::faulted() const { return impl_->count(NodeState::kFaulted); }
bool Host::idle() const { return impl_->count(NodeState::kRunning) == 0; }
std::uint64_t Host::lost_wakes() const { return impl_->lost_wakes(); }

}  // namespace tactus
