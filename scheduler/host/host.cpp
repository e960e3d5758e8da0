// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/host.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "executor.hpp"
#include "log_collector.hpp"
#include "prefault.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/metric.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/node_library.hpp"

namespace tactus {
namespace {

constexpr std::size_t kShownBuildId = 8;

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

std::string located(const std::string& at, const std::string& what) {
  return at.empty() ? what : at + ": " + what;
}

/// Why a node in this state cannot do it; empty: it can.
std::string why_not(NodeCommand command, NodeState state) {
  const bool runs = state == NodeState::kRunning;
  const bool paused = state == NodeState::kPaused;
  if (command == NodeCommand::kStop && state == NodeState::kStopped) return "it is stopped already";
  if (command == NodeCommand::kStart && runs) return "it runs already";
  if (command == NodeCommand::kStart && paused) return "it is paused: rtctl node resume";
  if (command == NodeCommand::kReload && paused) return "it is paused: rtctl node resume";
  if (command == NodeCommand::kReload && state == NodeState::kStarting) return "it is starting: try again";
  if (command == NodeCommand::kPause && !runs) return fmt::format("it is {}", to_text(state));
  if (command == NodeCommand::kResume && !paused) return fmt::format("it is {}, not paused", to_text(state));
  return {};
}

}  // namespace

class Host::Impl {
 public:
  Impl(HostSettings settings, HostServices services)
      : settings_{std::move(settings)}, services_{std::move(services)}, logs_{services_.log} {}

  std::vector<std::string> construct();
  std::vector<std::string> start();
  bool stop(std::chrono::milliseconds limit);
  std::string command(const std::string& node, const std::string& what, std::chrono::milliseconds limit);
  Reload reload(const std::string& node, const std::filesystem::path& library,
                const std::map<std::string, ParameterValue>& parameters, std::chrono::milliseconds limit);
  std::string set_log_level(const std::string& node, const std::string& level);
  [[nodiscard]] std::vector<std::string> hanging() const;
  [[nodiscard]] std::size_t count(NodeState state) const;
  [[nodiscard]] std::uint64_t lost_wakes() const;

 private:
  struct Loaded {
    const HostNode* plan;
    NodeCounters* counters;
    std::unique_ptr<NodeLibrary> library;
    std::unique_ptr<NodeRunner> runner;
  };
  /// A thread and the position of its first node in the file.
  struct Thread {
    std::size_t first;
    std::string what;  ///< where the launch file declares it, and its name
    std::unique_ptr<Worker> worker;
  };

  void construct_node(const HostNode& node);
  void add_executor(const HostExecutor& executor);
  void add_loop(const HostNode& node);
  std::vector<std::string> start_threads();
  [[nodiscard]] std::vector<std::vector<const Thread*>> start_waves() const;
  [[nodiscard]] bool waits_for(const Thread& later, const Thread& earlier) const;
  [[nodiscard]] Loaded* find(const std::string& node);
  [[nodiscard]] bool exchange(NodeRunner& runner, Successor& next, std::chrono::milliseconds limit);
  [[nodiscard]] std::vector<int> thread_ids() const;
  void touch_loans();
  std::vector<std::string> prefault();
  [[nodiscard]] std::string process_text() const;
  std::vector<std::string> settle(std::vector<std::string> denied) const;
  [[nodiscard]] bool wants_realtime() const;
  [[nodiscard]] ThreadSettings allowed(ThreadSettings thread) const;

  HostSettings settings_;
  HostServices services_;
  LogCollector logs_;
  std::map<std::string, HostServices::Bell> bells_;           ///< per executor
  std::map<std::string, HostServices::WorkerPlace> workers_;  ///< per executor
  std::vector<Loaded> nodes_;
  std::vector<Thread> threads_;
  std::vector<TouchedLoans> loans_;  ///< until the start
  CpuLatency cpu_latency_;
};

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
  for (const Loaded& node : nodes_) {
    for (const auto& output : node.runner->context().outputs()) loans_.emplace_back(*output.port);
  }
}

/// All processes of the launch hold their loans now: what they have touched is what will go around.
std::vector<std::string> Host::Impl::prefault() {
  auto denied = prefault_shared_memory();
  for (std::string& text : denied) text = process_text() + text;
  loans_.clear();
  return denied;
}

void Host::Impl::construct_node(const HostNode& node) {
  const std::string& name = node.settings.name;
  const bool loops = node.trigger.kind == TriggerKind::kSelfLooping;
  if (!loops && !bells_.contains(node.executor)) {
    throw HostError{
        fmt::format("node {}: process '{}' has no executor '{}'", name, settings_.process, node.executor)};
  }
  try {
    auto library = std::make_unique<NodeLibrary>(node.library);
    const NodeEntry& entry = library->entry();
    const HostServices::Place place = services_.add_node(name);
    NodeCounters& counters = *place.counters;
    const HostServices::Bell bell = loops ? services_.add_bell() : bells_.at(node.executor);
    const HostServices::WorkerPlace thread =
        loops ? services_.add_worker(name, WorkerKind::kSelfLooping) : workers_.at(node.executor);
    counters.worker.store(thread.worker + 1);
    // Inputs that call nobody are not worth a wake.
    const bool waits = loops || node.trigger.kind == TriggerKind::kCoroutine;
    const auto doorbell = [&node, bell, waits](const std::string& topic) -> DoorbellId {
      const auto& topics = node.trigger.topics;
      return waits || std::ranges::find(topics, topic) != topics.end() ? bell.id : 0;
    };
    const auto add_metric = [this, &counters](std::string_view metric,
                                              std::string_view unit) -> MetricCounters& {
      return services_.add_metric(counters, metric, unit);
    };
    NodeServices services{*services_.transport, logs_.add(name), doorbell, {}, add_metric, settings_.chains};
    if (loops) {
      auto worker = std::make_unique<LoopWorker>(
          WorkerOptions{name.substr(name.rfind('/') + 1), allowed(node.thread), 0}, *bell.word,
          *thread.counters);
      services.wait = [loop = worker.get()](Time until) { loop->wait_until(until); };
      threads_.push_back(
          {nodes_.size(), located(node.at, fmt::format("node '{}': ", name)), std::move(worker)});
    }
    auto runner = std::make_unique<NodeRunner>(
        NodeRunner::Options{node.settings, {node.trigger, node.deadline_ns, node.budget_ns}, node.restart},
        entry, std::move(services), NodePlace{counters, *place.times, *thread.recorder, place.node});
    runner->construct();
    if (loops) static_cast<LoopWorker&>(*threads_.back().worker).set_node(*runner);
    nodes_.push_back({&node, &counters, std::move(library), std::move(runner)});
  } catch (const HostError&) {
    throw;
  } catch (const std::exception& error) {
    throw HostError{fmt::format("node {}: {}", name, error.what())};
  }
}

void Host::Impl::add_executor(const HostExecutor& executor) {
  std::vector<NodeRunner*> runners;
  std::size_t first = nodes_.size();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const HostNode& plan = *nodes_[i].plan;
    if (plan.trigger.kind == TriggerKind::kSelfLooping || plan.executor != executor.name) continue;
    first = std::min(first, i);
    runners.push_back(nodes_[i].runner.get());
  }
  if (runners.empty()) return;
  WorkerOptions options{executor.name, allowed(executor.thread), executor.spin_ns, executor.margin_ns};
  threads_.push_back({first, located(executor.at, fmt::format("executor '{}': ", executor.name)),
                      std::make_unique<ExecutorWorker>(std::move(options), *bells_.at(executor.name).word,
                                                       *workers_.at(executor.name).counters,
                                                       std::move(runners), executor.order)});
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

std::vector<std::string> Host::Impl::start() {
  std::vector<std::string> denied;
  if (wants_realtime()) denied = settle(prefault());
  for (const auto& wave : start_waves()) {
    std::vector<std::future<void>> started;
    for (const Thread* thread : wave) started.push_back(thread->worker->go());
    for (auto& future : started) future.wait();
  }
  return denied;
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
  return std::ranges::any_of(nodes_, [&](const Loaded& node) {
    return later.worker->calls(node.runner->name()) &&
           std::ranges::any_of(node.plan->start_after,
                               [&](const std::string& name) { return earlier.worker->calls(name); });
  });
}

Host::Impl::Loaded* Host::Impl::find(const std::string& node) {
  const auto found =
      std::ranges::find_if(nodes_, [&](const Loaded& loaded) { return loaded.runner->name() == node; });
  return found == nodes_.end() ? nullptr : &*found;
}

std::string Host::Impl::command(const std::string& node, const std::string& what,
                                std::chrono::milliseconds limit) {
  static const std::map<std::string, NodeCommand> kCommands{{"stop", NodeCommand::kStop},
                                                            {"start", NodeCommand::kStart},
                                                            {"restart", NodeCommand::kRestart},
                                                            {"pause", NodeCommand::kPause},
                                                            {"resume", NodeCommand::kResume}};
  const Loaded* loaded = find(node);
  const auto command = kCommands.find(what);
  if (loaded == nullptr || command == kCommands.end())
    return fmt::format("process '{}' cannot {} {}", settings_.process, what, node);
  const NodeRunner& runner = *loaded->runner;
  if (const std::string why = why_not(command->second, runner.state()); !why.empty()) return why;
  for (const Thread& thread : threads_) thread.worker->ask(node, command->second);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (runner.asked() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  if (runner.asked()) return "it is busy: it is done once its call returns";
  if (runner.state() == NodeState::kFaulted) return "it faulted as it started; its log says why";
  return {};
}

/// What takes time is done here; the node's thread only exchanges one object for the other.
Reload Host::Impl::reload(const std::string& node, const std::filesystem::path& library,
                          const std::map<std::string, ParameterValue>& given,
                          std::chrono::milliseconds limit) try {
  Loaded* loaded = find(node);
  if (loaded == nullptr) return {fmt::format("process '{}' has no node {}", settings_.process, node), {}};
  NodeRunner& runner = *loaded->runner;
  if (const std::string why = why_not(NodeCommand::kReload, runner.state()); !why.empty()) return {why, {}};
  if (!settings_.program.empty())
    return {fmt::format("it is a program ({}): kill its process ({}) to start the new one", settings_.program,
                        getpid()),
            {}};
  const std::string before = loaded->library->loaded_build_id();
  if (given.empty() && !before.empty() && before == build_id(library))
    return {fmt::format("it runs this build already ({}): rtctl node restart constructs it again",
                        before.substr(0, kShownBuildId)),
            {}};
  const std::int64_t start_ns = monotonic_ns();
  auto parameters = given;
  parameters.insert(runner.context().parameters().begin(), runner.context().parameters().end());
  Successor next{runner.context(), runner.trigger(), library, std::move(parameters)};
  const std::int64_t loaded_ns = monotonic_ns();
  if (!exchange(runner, next, limit))
    return {
        fmt::format("it is busy: its call has not returned for {} ms; nothing was replaced", limit.count()),
        next.close(thread_ids())};
  if (!next.refused.empty()) return {next.refused + "; the one before goes on", next.close(thread_ids())};
  std::swap(loaded->library, next.library);
  const std::string left = next.close(thread_ids());
  return {{},
          fmt::format("build {} in place of {}: loaded in {:.1f} ms, its thread was held for {:.3f} ms, {}{}",
                      loaded->library->loaded_build_id().substr(0, kShownBuildId),
                      before.substr(0, kShownBuildId), milliseconds(loaded_ns - start_ns),
                      milliseconds(next.held_ns), next.state_text(), left.empty() ? "" : "; " + left),
          next.held_ns};
} catch (const std::exception& error) {
  return {error.what(), {}};
}

/// False: the node's thread was busy for all that time, and `next` was taken back.
bool Host::Impl::exchange(NodeRunner& runner, Successor& next, std::chrono::milliseconds limit) {
  runner.offer(next);
  for (const Thread& thread : threads_) thread.worker->ask(runner.name(), NodeCommand::kReload);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!next.done.load(std::memory_order_acquire)) {
    std::this_thread::sleep_for(std::chrono::microseconds{50});
    if (std::chrono::steady_clock::now() > deadline && runner.withdraw()) return false;
  }
  return true;
}

std::vector<int> Host::Impl::thread_ids() const {
  std::vector<int> ids;
  for (const Thread& thread : threads_) ids.push_back(thread.worker->thread_id());
  return ids;
}

std::string Host::Impl::set_log_level(const std::string& node, const std::string& level) {
  static const std::map<std::string, LogLevel> kLevels{{"debug", LogLevel::kDebug},
                                                       {"info", LogLevel::kInfo},
                                                       {"warn", LogLevel::kWarn},
                                                       {"error", LogLevel::kError}};
  const auto found = kLevels.find(level);
  if (found == kLevels.end()) return fmt::format("'{}' is no level: debug, info, warn or error", level);
  return logs_.set_level(node, found->second) ? "" : fmt::format("no node {} is here", node);
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
  for (const Loaded& node : nodes_) {
    const NodePhase phase = node.counters->phase.load(std::memory_order_acquire);
    if (phase == NodePhase::kIdle) continue;
    const double seconds = static_cast<double>(monotonic_ns() - node.counters->call_start_ns.load()) * 1e-9;
    texts.push_back(fmt::format("node {} has been in {}() for {:.1f} s (cycle {})", node.runner->name(),
                                to_text(phase), seconds, node.counters->cycle.load()));
  }
  return texts;
}

std::size_t Host::Impl::count(NodeState state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(nodes_, [state](const Loaded& node) { return node.runner->state() == state; }));
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
std::vector<std::string> Host::start() { return impl_->start(); }
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

HostServices broker_services(BrokerClient& broker, Transport& transport) {
  HostServices services;
  services.transport = &transport;
  services.add_node = [&broker](const std::string& node) {
    const std::uint32_t index = broker.add_node(node);
    return HostServices::Place{&broker.page().nodes.at(index), &broker.page().times.at(index), index};
  };
  services.add_worker = [&broker](std::string_view name, WorkerKind kind) {
    ProcessPage& page = broker.page();
    WorkerCounters* worker = add_worker(page, name, kind);
    if (worker == nullptr) {
      throw TransportError{
          TransportErrorCode::kBrokerRefused,
          fmt::format("'{}': a process holds at most {} executors and self-looping nodes: spread them over "
                      "more processes",
                      name, kMaxWorkersPerProcess)};
    }
    const auto index = static_cast<std::uint32_t>(worker - page.workers.data());
    return HostServices::WorkerPlace{worker, &page.recorders[index], index};
  };
  services.add_metric = [&broker](const NodeCounters& node, std::string_view name,
                                  std::string_view unit) -> MetricCounters& {
    const auto index = static_cast<std::uint32_t>(&node - broker.page().nodes.data());
    if (MetricCounters* metric = add_metric(broker.page(), name, unit, index)) return *metric;
    throw TransportError{TransportErrorCode::kBrokerRefused,
                         fmt::format("metric '{}': a process holds at most {} metrics: spread its nodes over "
                                     "more processes",
                                     name, kMaxMetricsPerProcess)};
  };
  services.add_bell = [&broker] {
    const DoorbellId id = broker.allocate_doorbell();
    return HostServices::Bell{id, &broker.doorbells().doorbells.at(id)};
  };
  services.add_degradation = [&broker](const std::string& text) { add_degradation(broker.page(), text); };
  services.log = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  return services;
}

}  // namespace tactus
