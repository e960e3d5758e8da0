// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/supervisor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "child_process.hpp"
#include "gateway_process.hpp"
#include "launch_status.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/post_mortem.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/simulated_host.hpp"

namespace tactus {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kDebuggedStartLimit = std::chrono::hours{24 * 7};  // somebody looks at every step
// A generation that ended has no locks to be careful with: its processes get this long together.
constexpr milliseconds kGenerationStopLimit{1'700};
constexpr milliseconds kGatewayStopLimit{300};  // it holds nothing
constexpr int kMostGenerations = 5;             // that may end within kGenerationWindow
constexpr std::chrono::seconds kGenerationWindow{30};

milliseconds left_until(Clock::time_point deadline) {
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(deadline - Clock::now()));
}

void add_sentence(std::vector<std::string>& sentences, std::string sentence) {
  if (!sentence.empty()) sentences.push_back(std::move(sentence));
}

bool readable(int fd) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) > 0;
}

/// One process of the launch.
class HostProcess {
 public:
  HostProcess(const HostSettings& settings, const SupervisorOptions& options)
      : settings_{settings},
        child_{{{options.host_program.string(), "--control-fd", std::to_string(ChildProcess::kControlFd)},
                false,
                true,
                options.stdout_fd,
                options.stderr_fd,
                settings.process == options.debugged}},
        interrupt_fd_{options.interrupt_fd} {}

  [[nodiscard]] const HostSettings& settings() const { return settings_; }
  [[nodiscard]] ChildProcess& child() { return child_; }
  [[nodiscard]] const std::string& name() const { return settings_.process; }

  /// One report of the process; empty at `deadline`. Throws SupervisorError when it failed or ended.
  std::optional<std::string> next_report(Clock::time_point deadline) {
    for (;;) {
      const auto line = child_.read_line(left_until(deadline), interrupt_fd_);
      if (!line && readable(interrupt_fd_)) throw StartInterrupted{"interrupted while it started"};
      if (!line && child_.closed()) throw SupervisorError{ended_early()};
      if (!line) return std::nullopt;
      const auto report = nlohmann::json::parse(*line);
      if (report.at("what") == "failed") throw SupervisorError{report.at("text").get<std::string>()};
      if (report.at("what") != "denied") return report.at("what").get<std::string>();
      denied_.push_back(report.at("text"));
    }
  }
  void expect(const std::string& what, Clock::time_point deadline) {
    const auto report = next_report(deadline);
    if (report == what) return;
    throw SupervisorError{fmt::format(
        "process '{}' did not come up in time ({}); its constructors or start() hang", name(), what)};
  }
  [[nodiscard]] const std::vector<std::string>& denied() const { return denied_; }

  /// Of a launch on simulated time, once it has come to its end.
  const std::optional<SimulationReport>& simulation() {
    if (!settings_.simulated || simulation_) return simulation_;
    const auto line = child_.read_line(milliseconds{0}, -1);
    if (!line) return simulation_;
    const auto report = nlohmann::json::parse(*line);
    if (report.at("what") == "simulated")
      simulation_ = simulation_report_from_json(report.at("text").get<std::string>());
    return simulation_;
  }

  /// Keeps the counters readable beyond the end of the process.
  void map(BrokerClient& broker, std::uint32_t process_id) { page_ = broker.map_page(process_id); }

  /// " while node /tracker was in step() (cycle 71)" for every call that never returned.
  [[nodiscard]] std::string unfinished_calls() const {
    return page_ == nullptr ? "" : tactus::unfinished_calls(*page_);
  }
  /// Names of nodes that faulted since the last call.
  std::vector<std::string> new_faults() {
    std::vector<std::string> names;
    for_each_node([&](const NodeCounters& node) {
      if (node.state.load() == NodeState::kFaulted && faulted_.insert(node.name.data()).second)
        names.emplace_back(node.name.data());
    });
    return names;
  }

  bool reported_end = false;

 private:
  template <typename Call>
  void for_each_node(Call&& call) const {
    if (page_ == nullptr) return;
    for (const NodeCounters& node : used_nodes(*page_)) {
      if (node.state.load(std::memory_order_acquire) != NodeState::kUnused) call(node);
    }
  }
  std::string ended_early() {
    const auto end = child_.wait(milliseconds{500});
    return fmt::format("process '{}' {} while it started{}", name(),
                       end ? to_text(*end) : "closed its socket", unfinished_calls());
  }

  HostSettings settings_;
  ChildProcess child_;
  int interrupt_fd_;
  std::vector<std::string> denied_;
  std::optional<SimulationReport> simulation_;
  std::set<std::string> faulted_;
  std::shared_ptr<const ProcessPage> page_;  // shared with the client that mapped it
};

}  // namespace

static void add_simulation(const SimulationReport& report, LaunchStatus& status) {
  status.elapsed = std::chrono::nanoseconds{report.simulated_ns};
  status.simulation_end = report.end;
  status.simulation_real = std::chrono::nanoseconds{report.real_ns};
  for (const SimulatedTopic& topic : report.topics) {
    TopicStatus& told = status.topics.emplace_back();
    told.name = topic.name;
    told.type = topic.type;
    told.publishers = topic.publishers;
    told.subscribers = topic.subscribers;
    told.messages = topic.messages;
    told.dropped = topic.dropped;
    told.unmatched = topic.unmatched;
    told.mean_rate_hz = told.rate_hz = topic.rate_hz;
    told.digest = topic.digest;
    told.finished = true;
  }
}

class Supervisor::Impl {
 public:
  explicit Impl(SupervisorOptions options) : options_{std::move(options)} {
    if (options_.host_program.empty()) options_.host_program = host_program();
  }

  void start(const std::vector<HostSettings>& processes, const Reservation& demand);
  std::vector<std::string> poll(milliseconds limit, int wake_fd);
  [[nodiscard]] bool healthy() const { return healthy_; }
  LaunchStatus status();
  std::vector<std::string> stop();

 private:
  void start_generation();
  void reserve();
  void start_processes();
  void map_pages();
  void renew_generation(std::vector<std::string>& events);
  [[nodiscard]] bool too_many_generations();
  void end_processes(std::vector<std::string>& events);
  void wait_for_event(milliseconds limit, int wake_fd);
  std::string describe_end(HostProcess& process, const ExitStatus& end);
  void stop_process(HostProcess& process, std::vector<std::string>& unclean);

  SupervisorOptions options_;
  std::vector<HostSettings> settings_;
  Reservation demand_;
  std::unique_ptr<BrokerClient> broker_;
  std::list<HostProcess> processes_;
  std::optional<GatewayProcess> gateway_;
  std::vector<Clock::time_point> generation_ends_;
  std::string failure_;  ///< why a new generation could not be started
  Clock::time_point started_;
  std::optional<Clock::time_point> last_status_;
  std::map<std::string, std::uint64_t> messages_before_;
  bool healthy_ = true;
  bool broker_gone_ = false;
  bool stopped_ = false;
};

void Supervisor::Impl::start(const std::vector<HostSettings>& processes, const Reservation& demand) {
  if (processes.empty()) throw SupervisorError{"there is nothing to start: the launch has no nodes"};
  settings_ = processes;
  demand_ = demand;
  try {
    start_generation();
  } catch (const SupervisorError&) {
    stop();
    throw;
  } catch (const std::exception& error) {
    stop();
    throw SupervisorError{error.what()};
  }
  started_ = Clock::now();
}

void Supervisor::Impl::start_generation() {
  const HostSettings& any = settings_.front();
  broker_ = BrokerClient::ensure({BrokerClient::Kind::kSupervisor, "launch", any.group});
  if (any.clock_rate != 0) broker_->set_clock_rate(any.clock_rate);
  reserve();
  start_processes();
}

void Supervisor::Impl::reserve() {
  try {
    if (!demand_.processes.empty()) broker_->reserve(demand_);
  } catch (const TransportError& error) {
    if (error.code() == TransportErrorCode::kBrokerUnreachable) throw;
    throw LaunchRefused{error.what()};
  }
}

void Supervisor::Impl::start_processes() {
  const Clock::time_point deadline =
      Clock::now() + (options_.debugged.empty() ? options_.start_limit : kDebuggedStartLimit);
  if (options_.network)
    gateway_.emplace(*options_.network, settings_.front().group,
                     options_.host_program.parent_path() / "tactus-gateway", options_.stdout_fd,
                     options_.stderr_fd);
  for (const HostSettings& settings : settings_) {
    HostProcess& process = processes_.emplace_back(settings, options_);
    if (settings.process == options_.debugged && generation_ends_.empty())
      options_.hold(process.child().pid());
    process.child().send(to_json_text(settings) + "\n");
  }
  for (HostProcess& process : processes_) process.expect("constructed", deadline);
  if (gateway_) gateway_->wait_until_ready(left_until(deadline));
  map_pages();
  for (HostProcess& process : processes_) process.child().send("go\n");
  for (HostProcess& process : processes_) process.expect("ready", deadline);
}

void Supervisor::Impl::map_pages() {
  const nlohmann::json graph = nlohmann::json::parse(broker_->graph());
  for (const auto& entry : graph.at("processes")) {
    const auto found = std::ranges::find_if(
        processes_, [&](HostProcess& process) { return process.child().pid() == entry.at("pid"); });
    if (found != processes_.end()) found->map(*broker_, entry.at("id"));
  }
}

void Supervisor::Impl::wait_for_event(milliseconds limit, int wake_fd) {
  std::vector<pollfd> fds;
  const auto add = [&fds](int fd) { fds.push_back({.fd = fd, .events = POLLIN, .revents = 0}); };
  add(wake_fd);
  add(broker_ == nullptr || broker_gone_ ? -1 : broker_->fd());
  add(gateway_ && gateway_->running() ? gateway_->child().pid_fd() : -1);
  for (HostProcess& process : processes_) add(process.reported_end ? -1 : process.child().pid_fd());
  ::poll(fds.data(), fds.size(), static_cast<int>(limit.count()));
  if (fds[1].revents != 0) broker_gone_ = true;
}

std::vector<std::string> Supervisor::Impl::poll(milliseconds limit, int wake_fd) {
  wait_for_event(limit, wake_fd);
  std::vector<std::string> events = broker_ == nullptr ? std::vector<std::string>{} : broker_->events();
  if (broker_gone_ && healthy_) {
    renew_generation(events);
    return events;
  }
  if (gateway_) add_sentence(events, gateway_->poll());
  for (HostProcess& process : processes_) {
    for (const std::string& node : process.new_faults()) {
      events.push_back(fmt::format("node {} faulted; it is not called again, its neighbours go on", node));
    }
    const auto end = process.child().poll();
    if (!end || process.reported_end) continue;
    process.reported_end = true;
    healthy_ = false;
    events.push_back(describe_end(process, *end));
  }
  return events;
}

/// Everybody's memory went with the broker: the processes of this launch end, and start again with a new one.
void Supervisor::Impl::renew_generation(std::vector<std::string>& events) {
  const Clock::time_point ended = Clock::now();
  const std::string what = fmt::format("the broker ended: {}", broker_->why_it_ended());
  generation_ends_.push_back(ended);
  end_processes(events);
  if (too_many_generations()) {
    failure_ = fmt::format("{}; it ended {} times within {} s: given up", what, generation_ends_.size(),
                           kGenerationWindow.count());
  } else {
    try {
      broker_gone_ = false;
      start_generation();
      events.push_back(fmt::format(
          "{}; all processes of this launch were restarted in generation {}, which took {:.1f} s", what,
          broker_->generation(), std::chrono::duration<double>(Clock::now() - ended).count()));
    } catch (const std::exception& error) {
      failure_ = fmt::format("{}; the restart failed: {}", what, error.what());
    }
  }
  messages_before_.clear();
  last_status_.reset();
  if (failure_.empty()) return;
  events.push_back(failure_);
  healthy_ = false;
}

bool Supervisor::Impl::too_many_generations() {
  std::erase_if(generation_ends_,
                [now = Clock::now()](Clock::time_point end) { return now - end > kGenerationWindow; });
  return generation_ends_.size() > kMostGenerations;
}

void Supervisor::Impl::end_processes(std::vector<std::string>& events) {
  const Clock::time_point deadline = Clock::now() + kGenerationStopLimit;
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process)
    process->child().signal(SIGTERM);
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process) {
    if (process->child().wait(left_until(deadline))) continue;
    events.push_back(fmt::format("process '{}' (pid {}) did not stop within {} ms and was killed{}",
                                 process->name(), process->child().pid(), kGenerationStopLimit.count(),
                                 process->unfinished_calls()));
    process->child().signal(SIGKILL);
  }
  processes_.clear();
  if (gateway_) gateway_->stop(kGatewayStopLimit);
  gateway_.reset();
}

std::string Supervisor::Impl::describe_end(HostProcess& process, const ExitStatus& end) {
  return fmt::format("process '{}' (pid {}) {}{}", process.name(), process.child().pid(), to_text(end),
                     process.unfinished_calls());
}

LaunchStatus Supervisor::Impl::status() {
  LaunchStatus status;
  const Clock::time_point now = Clock::now();
  status.elapsed = now - started_;
  status.clock_rate = group_clock().rate;
  std::map<pid_t, std::string> pids;
  for (HostProcess& process : processes_) {
    const auto end = process.child().poll();
    status.processes.push_back({process.name(), process.child().pid(), !end, end ? to_text(*end) : ""});
    for (const auto& text : process.denied()) status.degradations.push_back(text);
    if (!end) pids[process.child().pid()] = process.name();
    if (!end) continue;
    for (const HostNode& node : process.settings().nodes) {
      NodeStatus dead;
      dead.name = node.settings.name;
      dead.process = process.name();
      dead.state = "dead";
      status.nodes.push_back(std::move(dead));
    }
  }
  if (gateway_) {
    const bool running = gateway_->running();
    status.processes.push_back({"gateway", gateway_->child().pid(), running, running ? "" : "restarts"});
    if (running) pids[gateway_->child().pid()] = "gateway";
  }
  try {
    read_graph(broker_->graph(), pids, now - last_status_.value_or(started_), messages_before_, status);
    last_status_ = now;
  } catch (const TransportError&) {
    broker_gone_ = true;  // poll() says it and renews it
  }
  for (HostProcess& process : processes_)
    if (const auto& report = process.simulation()) add_simulation(*report, status);
  return status;
}

std::vector<std::string> Supervisor::Impl::stop() {
  std::vector<std::string> unclean;
  if (std::exchange(stopped_, true)) return unclean;
  if (gateway_) gateway_->stop(options_.stop_limit);
  if (!failure_.empty()) unclean.push_back(failure_);
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process)
    stop_process(*process, unclean);
  return unclean;
}

void Supervisor::Impl::stop_process(HostProcess& process, std::vector<std::string>& unclean) {
  ChildProcess& child = process.child();
  if (process.reported_end) return;
  const bool ended_before = child.poll().has_value();
  child.signal(SIGTERM);
  auto end = child.wait(options_.stop_limit);
  if (!end) {
    const std::string calls = process.unfinished_calls();
    try {
      if (broker_ != nullptr && !broker_gone_) broker_->kill_process(child.pid());
    } catch (const TransportError&) {
      broker_gone_ = true;
    }
    if (!child.wait(milliseconds{100})) child.signal(SIGKILL);
    child.wait(milliseconds{2'000});
    process.reported_end = true;
    unclean.push_back(fmt::format("process '{}' (pid {}) did not stop within {} ms and was killed{}",
                                  process.name(), child.pid(), options_.stop_limit.count(), calls));
    return;
  }
  process.reported_end = true;
  if (!end->clean() || ended_before) unclean.push_back(describe_end(process, *end));
}

Supervisor::Supervisor(SupervisorOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}
Supervisor::~Supervisor() { impl_->stop(); }
void Supervisor::start(const std::vector<HostSettings>& processes, const Reservation& demand) {
  impl_->start(processes, demand);
}
std::vector<std::string> Supervisor::poll(milliseconds limit, int wake_fd) {
  return impl_->poll(limit, wake_fd);
}
bool Supervisor::healthy() const { return impl_->healthy(); }
LaunchStatus Supervisor::status() { return impl_->status(); }
std::vector<std::string> Supervisor::stop() { return impl_->stop(); }

}  // namespace tactus
