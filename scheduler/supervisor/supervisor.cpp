// SPDX-License-Identifier: Apache-2.0
// Starting and stopping a launch, and generations of the broker.
#include "tactus/scheduler/supervisor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "supervisor_impl.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/launch_control.hpp"

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

/// iceoryx ends a process that runs out of descriptors in the middle of something.
void refuse_few_files() {
  constexpr rlim_t kLeast = 64, kWanted = 1024;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kLeast) return;
  files.rlim_cur = std::min(files.rlim_max, kWanted);
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < kLeast)
    throw LaunchRefused{
        fmt::format("too many open files: at most {} are allowed here (ulimit -n), a process of "
                    "nodes needs {}: ulimit -n {}",
                    files.rlim_cur, kLeast, kWanted)};
}

/// Processes of which each has a node that starts after a node of the other.
bool starts_after(const HostSettings& later, const HostSettings& earlier) {
  return std::ranges::any_of(later.nodes, [&](const HostNode& node) {
    return std::ranges::any_of(node.start_after, [&](const std::string& name) {
      return std::ranges::any_of(earlier.nodes,
                                 [&](const HostNode& other) { return other.settings.name == name; });
    });
  });
}

}  // namespace

void Supervisor::Impl::start(const std::vector<HostSettings>& processes, const Reservation& demand) {
  if (processes.empty()) throw SupervisorError{"there is nothing to start: the launch has no nodes"};
  settings_ = processes;
  demand_ = demand;
  for (const HostSettings& settings : settings_) processes_.emplace_back(settings, options_);
  refuse_few_files();
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
  control_.reset();
  control_.emplace(control_name(broker_->generation(), broker_->process_id()));
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

/// All processes construct their nodes side by side; who did is started in the declared order. What has been
/// given up or stopped in an earlier generation stays so.
void Supervisor::Impl::start_processes() {
  const Clock::time_point deadline =
      Clock::now() + (options_.debugged.empty() ? options_.start_limit : kDebuggedStartLimit);
  if (options_.network)
    gateway_.emplace(*options_.network, settings_.front(),
                     options_.host_program.parent_path() / "tactus-gateway", options_.stdout_fd,
                     options_.stderr_fd);
  for (HostProcess& process : processes_) {
    if (process.state() == ProcessState::kIdle)
      construct(process, process.name() == options_.debugged && generation_ends_.empty());
  }
  expect_constructed(deadline);
  for (HostProcess& process : processes_) {
    if (process.state() == ProcessState::kConstructed) process.prefault();
  }
  expect_constructed(deadline);
  if (gateway_) gateway_->wait_until_ready(left_until(deadline));
  map_pages();
  start_in_order(deadline);
}

void Supervisor::Impl::construct(HostProcess& process, bool debugged) {
  process.spawn(monotonic_ns());
  if (debugged) options_.hold(process.child().pid());
  process.child().send(to_json_text(process.settings()) + "\n");
}

void Supervisor::Impl::expect_constructed(Clock::time_point deadline) {
  for (HostProcess& process : processes_) {
    if (process.state() == ProcessState::kConstructing) expect_constructed(process, deadline);
  }
}

void Supervisor::Impl::expect_constructed(HostProcess& process, Clock::time_point deadline) {
  while (process.state() == ProcessState::kConstructing) {
    pollfd fds[] = {{.fd = process.child().control_fd(), .events = POLLIN, .revents = 0},
                    {.fd = options_.interrupt_fd, .events = POLLIN, .revents = 0}};
    ::poll(fds, 2, static_cast<int>(left_until(deadline).count()));
    if (readable(options_.interrupt_fd)) throw StartInterrupted{"interrupted while it started"};
    for (const auto& report : process.read_reports())
      if (report.what == "failed") throw SupervisorError{report.text};
    if (process.child().closed()) {
      const auto end = process.child().wait(milliseconds{500});
      throw SupervisorError{fmt::format("process '{}' {} while it started{}", process.name(),
                                        end ? to_text(*end) : "closed its socket",
                                        process.unfinished_calls())};
    }
    if (process.state() == ProcessState::kConstructing && left_until(deadline).count() == 0) {
      throw SupervisorError{fmt::format(
          "process '{}' did not come up in time (constructed); its constructors hang", process.name())};
    }
  }
}

/// A process that dies now is treated by its policy; the others wait until it has started or is given up. Who
/// interrupts gets what has started by then, to be stopped like any launch.
void Supervisor::Impl::start_in_order(Clock::time_point deadline) {
  const auto pending = [this] {
    return std::ranges::any_of(processes_, [](const HostProcess& process) {
      return process.state() == ProcessState::kConstructed || process.state() == ProcessState::kStarting ||
             process.state() == ProcessState::kConstructing || process.state() == ProcessState::kWaiting;
    });
  };
  while (pending() && failure_.empty()) {
    look(early_);
    wait_for_event(std::min(until_next_look(), left_until(deadline)), options_.interrupt_fd);
    if (readable(options_.interrupt_fd)) return;
    if (left_until(deadline).count() > 0 || !pending()) continue;
    for (const HostProcess& process : processes_) {
      if (process.state() != ProcessState::kStarting) continue;
      throw SupervisorError{fmt::format("process '{}' did not come up in time (ready); its start() hangs{}",
                                        process.name(), process.unfinished_calls())};
    }
    return;  // what is started again and again may take longer
  }
  if (!failure_.empty()) throw SupervisorError{failure_};
}

bool Supervisor::Impl::may_start(const HostProcess& process) const {
  return std::ranges::none_of(processes_, [&](const HostProcess& other) {
    const bool on_its_way =
        other.state() == ProcessState::kConstructing || other.state() == ProcessState::kConstructed ||
        other.state() == ProcessState::kStarting || other.state() == ProcessState::kWaiting;
    return &other != &process && on_its_way && starts_after(process.settings(), other.settings());
  });
}

void Supervisor::Impl::map_pages() {
  const nlohmann::json graph = nlohmann::json::parse(broker_->graph());
  for (const auto& entry : graph.at("processes")) {
    const auto found = std::ranges::find_if(processes_, [&](HostProcess& process) {
      return process.alive() && process.pid() == entry.at("pid") && !process.mapped();
    });
    if (found != processes_.end()) found->map(broker_->map_page(entry.at("id")));
  }
}

/// Everybody's memory went with the broker: the processes of this launch end, and start again with a new one.
void Supervisor::Impl::renew_generation(Sentences& events) {
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
      for (std::string& sentence : std::exchange(early_, {})) events.push_back(std::move(sentence));
      events.push_back(fmt::format(
          "{}; all processes of this launch were restarted in generation {}, which took {:.1f} s", what,
          broker_->generation(), std::chrono::duration<double>(Clock::now() - ended).count()));
    } catch (const StartInterrupted&) {
      // Everything is about to be stopped.
    } catch (const std::exception& error) {
      failure_ = fmt::format("{}; the restart failed: {}", what, error.what());
    }
  }
  messages_before_.clear();
  last_status_.reset();
  if (!failure_.empty()) events.push_back(failure_);
}

bool Supervisor::Impl::too_many_generations() {
  std::erase_if(generation_ends_,
                [now = Clock::now()](Clock::time_point end) { return now - end > kGenerationWindow; });
  return generation_ends_.size() > kMostGenerations;
}

void Supervisor::Impl::end_processes(Sentences& events) {
  const Clock::time_point deadline = Clock::now() + kGenerationStopLimit;
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process)
    if (process->alive()) process->child().signal(SIGTERM);
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process) {
    const bool stays = process->state() == ProcessState::kGivenUp ||
                       process->state() == ProcessState::kStopped || process->state() == ProcessState::kEnded;
    if (process->alive() && !process->child().wait(left_until(deadline))) {
      events.push_back(fmt::format("process '{}' (pid {}) did not stop within {} ms and was killed{}",
                                   process->name(), process->pid(), kGenerationStopLimit.count(),
                                   process->unfinished_calls()));
      process->child().signal(SIGKILL);
      process->child().wait(milliseconds{2'000});
    }
    static_cast<void>(process->new_end());
    if (!stays) process->set_state(ProcessState::kIdle);
  }
  started_order_.clear();
  if (gateway_) gateway_->stop(kGatewayStopLimit);
  gateway_.reset();
}

std::vector<std::string> Supervisor::Impl::stop() {
  Sentences unclean;
  if (std::exchange(stopped_, true)) return unclean;
  if (gateway_) gateway_->stop(kGatewayStopLimit);
  if (!failure_.empty()) unclean.push_back(failure_);
  std::vector<HostProcess*> order = started_order_;
  for (HostProcess& process : processes_)
    if (std::ranges::find(order, &process) == order.end()) order.push_back(&process);
  for (auto process = order.rbegin(); process != order.rend(); ++process) stop_process(**process, unclean);
  return unclean;
}

void Supervisor::Impl::stop_process(HostProcess& process, Sentences& unclean) {
  if (!process.alive()) return;
  ChildProcess& child = process.child();
  const bool ended_before = child.poll().has_value();
  const milliseconds limit{process.settings().supervision.stop_within_ns / 1'000'000};
  child.signal(SIGTERM);
  child.signal(SIGCONT);  // who is stopped hears nothing
  if (!child.wait(limit)) {
    unclean.push_back(fmt::format("process '{}' (pid {}) did not stop within {} ms and was killed{}",
                                  process.name(), child.pid(), limit.count(), process.unfinished_calls()));
    kill_outside_calls(child);
    static_cast<void>(process.new_end());
    return;
  }
  const auto end = process.new_end();
  if (end && (!end->clean() || ended_before)) unclean.push_back(describe_end(process));
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
bool Supervisor::stop_asked() const { return impl_->stop_asked(); }

}  // namespace tactus
