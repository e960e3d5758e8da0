// SPDX-License-Identifier: Apache-2.0
// What happens while a launch runs: ends, restarts, hangs.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "supervisor_impl.hpp"
#include "tactus/middleware/post_mortem.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/scheduler/host.hpp"
#include "thread_stack.hpp"

namespace tactus {
namespace {

using std::chrono::milliseconds;
using Action = RestartPolicy::Action;

constexpr milliseconds kLook{100};  // how often nodes that hang are looked for
constexpr milliseconds kBrokerEndLimit{2'000};

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

void add_sentence(std::vector<std::string>& sentences, std::string sentence) {
  if (!sentence.empty()) sentences.push_back(std::move(sentence));
}

}  // namespace

milliseconds Supervisor::Impl::until_next_look() const {
  milliseconds least = kLook;
  const std::int64_t now_ns = monotonic_ns();
  for (const HostProcess& process : processes_) {
    if (process.state() != ProcessState::kWaiting) continue;
    const auto left = std::chrono::ceil<milliseconds>(
        std::chrono::nanoseconds{std::max<std::int64_t>(0, process.restart_at_ns() - now_ns)});
    least = std::min(least, left);
  }
  return least;
}

void Supervisor::Impl::wait_for_event(milliseconds limit, int wake_fd) {
  std::vector<pollfd> fds;
  const auto add = [&fds](int fd) { fds.push_back({.fd = fd, .events = POLLIN, .revents = 0}); };
  add(wake_fd);
  add(broker_ == nullptr || broker_gone_ ? -1 : broker_->fd());
  add(gateway_ && gateway_->running() ? gateway_->child().pid_fd() : -1);
  for (HostProcess& process : processes_) {
    if (!process.alive()) continue;
    add(process.child().pid_fd());
    add(process.child().closed() ? -1 : process.child().control_fd());
  }
  if (control_) control_->add_to(fds);
  ::poll(fds.data(), fds.size(), static_cast<int>(limit.count()));
}

std::vector<std::string> Supervisor::Impl::poll(milliseconds limit, int wake_fd) {
  const Clock::time_point deadline = Clock::now() + limit;
  Sentences events = std::exchange(early_, {});
  for (;;) {
    wait_for_event(events.empty() ? std::min(until_next_look(), left_until(deadline)) : milliseconds{0},
                   wake_fd);
    look(events);
    if (!events.empty() || !healthy() || stop_asked_ || readable(wake_fd) ||
        left_until(deadline).count() == 0)
      return events;
  }
}

void Supervisor::Impl::look(Sentences& events) {
  if (broker_ != nullptr)
    for (std::string& sentence : broker_->events()) events.push_back(std::move(sentence));
  // First: a process that lost the broker ends by itself, which is not its failure.
  broker_gone_ = broker_gone_ || (broker_ != nullptr && readable(broker_->fd()));
  if (broker_gone_ && failure_.empty()) return renew_generation(events);
  if (gateway_) add_sentence(events, gateway_->poll());
  for (HostProcess& process : processes_) attend(process, events);
  if (broker_gone_ && failure_.empty()) return renew_generation(events);
  serve(events);
}

void Supervisor::Impl::attend(HostProcess& process, Sentences& events) {
  read_reports(process, events);
  for (const std::string& node : process.new_faults())
    events.push_back(fmt::format("node {} faulted; its neighbours go on, its log says what follows", node));
  if (process.alive() && process.child().poll()) read_reports(process, events);  // its last words
  if (const auto end = process.new_end()) {
    broker_gone_ = broker_gone_ || lost_broker(*end);
    if (broker_gone_) return;
    handle_end(process, events);
  }
  if (process.state() == ProcessState::kWaiting && monotonic_ns() >= process.restart_at_ns())
    restart(process, events);
  if (process.state() == ProcessState::kConstructed && may_start(process)) {
    if (!process.mapped()) map_pages();
    process.go();
    std::erase(started_order_, &process);
    started_order_.push_back(&process);
  }
  if (process.alive()) look_for_hangs(process, events);
  check_start_limit(process, events);
}

/// A dying broker's connections close one after the other: a process may know of the end before this one
/// does.
bool Supervisor::Impl::lost_broker(const ExitStatus& end) const {
  return end.code == kHostBrokerEnded && broker_ != nullptr && readable(broker_->fd(), kBrokerEndLimit);
}

void Supervisor::Impl::read_reports(HostProcess& process, Sentences& events) {
  for (const auto& report : process.read_reports()) {
    if (report.what == "failed") events.push_back(report.text);
    if (report.what == "answer") answer_commands(process, report, events);
    if (report.what == "ready" && process.policy().restarts() > 0) {
      events.push_back(fmt::format("process '{}' (pid {}) runs again after {:.2f} s", process.name(),
                                   process.pid(), seconds(monotonic_ns() - process.started_ns())));
    }
  }
}

std::string Supervisor::Impl::describe_end(HostProcess& process) {
  return fmt::format("process '{}' (pid {}) {}{}", process.name(), process.pid(), process.end(),
                     process.unfinished_calls());
}

/// A host never ends by itself: if it did, something made it.
void Supervisor::Impl::handle_end(HostProcess& process, Sentences& events) {
  drop_commands(process);
  if (process.state() == ProcessState::kStopped) return;
  const std::int64_t now_ns = monotonic_ns();
  const auto decision = process.ended(true, now_ns);
  const RestartSettings& restart = process.policy().settings();
  std::string text = describe_end(process);
  if (decision.action == Action::kRestart) {
    text += fmt::format("; it is started again in {:.1f} s", seconds(decision.at_ns - now_ns));
  } else if (restart.when == RestartWhen::kNever) {
    text += "; it is not started again (restart: never)";
  } else if (decision.action == Action::kGiveUp) {
    text += fmt::format("; given up: it ended {} times within {:g} s", restart.most + 1,
                        seconds(restart.window_ns));
  }
  if (decision.action == Action::kGiveUp) {
    const bool essential = process.settings().supervision.essential;
    text += essential ? "; it is essential: everything stops" : "; the others go on without it";
    if (essential) failure_ = text;
  }
  events.push_back(std::move(text));
}

void Supervisor::Impl::restart(HostProcess& process, Sentences& events) {
  try {
    construct(process, false);
  } catch (const std::exception& error) {
    events.push_back(fmt::format("process '{}' cannot be started: {}", process.name(), error.what()));
    process.ended(true, monotonic_ns());
  }
}

void Supervisor::Impl::check_start_limit(HostProcess& process, Sentences& events) {
  const bool starting =
      process.state() == ProcessState::kConstructing || process.state() == ProcessState::kStarting;
  const std::int64_t limit_ns = std::chrono::nanoseconds{options_.start_limit}.count();
  if (!starting || !process.alive() || !options_.debugged.empty() ||
      monotonic_ns() - process.started_ns() < limit_ns || last_status_ == std::nullopt)
    return;
  events.push_back(fmt::format("process '{}' (pid {}) did not start within {:g} s{}: it is ended",
                               process.name(), process.pid(), seconds(limit_ns), process.unfinished_calls()));
  kill_outside_calls(process.child());
}

void Supervisor::Impl::look_for_hangs(HostProcess& process, Sentences& events) {
  const pid_t pid = process.pid();
  const bool paused = is_paused(pid);
  if (paused && paused_.insert(pid).second)
    events.push_back(fmt::format("process '{}' (pid {}) is paused (stopped by a signal or a debugger)",
                                 process.name(), pid));
  if (!paused && paused_.erase(pid) > 0)
    events.push_back(fmt::format("process '{}' (pid {}) goes on", process.name(), pid));
  const auto hang = process.hang(monotonic_ns(), paused);
  if (!hang) return;
  std::string text = fmt::format(
      "node {} hangs: {}() has not returned for {:.1f} s (cycle {}); process '{}' "
      "(pid {}) is ended",
      hang->node, to_text(hang->phase), seconds(hang->for_ns), hang->cycle, process.name(), pid);
  const pid_t tid = hang->tid != 0 ? hang->tid : thread_named(pid, hang->thread);
  text += ". " + thread_stack(pid, tid);
  events.push_back(std::move(text));
  kill_outside_calls(process.child());
}

void Supervisor::Impl::kill_outside_calls(ChildProcess& child) {
  try {
    if (broker_ != nullptr && !broker_gone_) broker_->kill_process(child.pid());
  } catch (const TransportError&) {
    broker_gone_ = true;
  }
  if (!child.wait(milliseconds{100})) child.signal(SIGKILL);
  child.wait(milliseconds{2'000});
}

}  // namespace tactus
