// SPDX-License-Identifier: Apache-2.0
#include "host_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tactus/middleware/post_mortem.hpp"

namespace tactus {
namespace {

ChildProcess::Options child_options(const HostSettings& settings, const SupervisorOptions& options) {
  ChildProcess::Options child;
  const std::string program = settings.program.empty() ? options.host_program.string() : settings.program;
  child.arguments = {program, "--control-fd", std::to_string(ChildProcess::kControlFd)};
  child.control = true;
  child.stdout_fd = options.stdout_fd;
  child.stderr_fd = options.stderr_fd;
  child.traceable = settings.process == options.debugged;
  return child;
}

template <typename Call>
void for_each_node(const ProcessPage* page, Call&& call) {
  if (page == nullptr) return;
  for (const NodeCounters& node : used_nodes(*page)) {
    if (node.state.load(std::memory_order_acquire) != NodeState::kUnused) call(node);
  }
}

const WorkerCounters* worker_of(const ProcessPage& page, const NodeCounters& node) {
  const std::uint32_t worker = node.worker.load();
  const auto workers = used_workers(page);
  return worker == 0 || worker > workers.size() ? nullptr : &workers[worker - 1];
}

/// A call of an executor's node is what may last too long. A self-looping node is in one call for ever: its
/// waits are the signs of life, from the first one on.
HangWatch::Look look_at(const NodeCounters& node, const WorkerCounters* worker, bool paused) {
  const NodePhase phase = node.phase.load(std::memory_order_acquire);
  if (phase == NodePhase::kStep) return {true, static_cast<std::uint64_t>(node.call_start_ns.load()), paused};
  if (phase != NodePhase::kRun || worker == nullptr) return {};
  const std::uint64_t waits = worker->passes.load();
  return {waits > 0 && worker->waiting_since_ns.load() == 0, waits, paused};
}

}  // namespace

const char* to_text(ProcessState state) noexcept {
  constexpr const char* kNames[] = {"idle",    "starting", "starting", "starting", "running",
                                    "waiting", "ended",    "given up", "stopped"};
  return kNames[static_cast<std::size_t>(state)];
}

HostProcess::HostProcess(const HostSettings& settings, const SupervisorOptions& options)
    : settings_{settings}, options_{options}, policy_{settings.supervision.restart} {}

void HostProcess::spawn(std::int64_t now_ns) {
  page_.reset();
  denied_.clear();
  simulation_.reset();
  faults_.clear();
  watches_.clear();
  end_.clear();
  started_ns_ = now_ns;
  child_.reset();
  child_.emplace(child_options(settings_, options_));
  state_ = ProcessState::kConstructing;
  prefaults_ = false;
}

void HostProcess::prefault() {
  child_->send("prefault\n");
  state_ = ProcessState::kConstructing;
  prefaults_ = true;
}

void HostProcess::go() {
  if (!prefaults_) prefault();
  child_->send("go\n");
  state_ = ProcessState::kStarting;
}

void HostProcess::replace_library(const std::string& node, const std::string& library,
                                  const std::map<std::string, ParameterValue>& parameters) {
  for (HostNode& one : settings_.nodes) {
    if (one.settings.name != node) continue;
    one.library = library;
    for (const auto& [name, value] : parameters) one.settings.parameters[name] = value;
  }
}

std::vector<HostProcess::Report> HostProcess::read_reports() {
  std::vector<Report> reports;
  while (alive()) {
    const auto line = child_->read_line(std::chrono::milliseconds{0});
    if (!line) break;
    const auto json = nlohmann::json::parse(*line);
    reports.push_back({json.at("what"), json.at("text"), json.value("id", 0U), json.value("said", "")});
    const Report& report = reports.back();
    const bool constructed = report.what == "constructed" || report.what == "prefaulted";
    if (constructed && state_ == ProcessState::kConstructing) state_ = ProcessState::kConstructed;
    if (report.what == "ready") state_ = ProcessState::kRunning;
    if (report.what == "denied") denied_.push_back(report.text);
    if (report.what == "simulated") simulation_ = simulation_report_from_json(report.text);
  }
  return reports;
}

bool HostProcess::alive() const { return child_.has_value() && end_.empty(); }

std::optional<ExitStatus> HostProcess::new_end() {
  if (!alive()) return std::nullopt;
  const auto end = child_->poll();
  if (end) end_ = to_text(*end);
  return end;
}

RestartPolicy::Decision HostProcess::ended(bool failed, std::int64_t now_ns) {
  const auto decision = policy_.ended(failed, now_ns);
  restart_at_ns_ = decision.at_ns;
  state_ = decision.action == RestartPolicy::Action::kRestart ? ProcessState::kWaiting
           : decision.action == RestartPolicy::Action::kLeave ? ProcessState::kEnded
                                                              : ProcessState::kGivenUp;
  return decision;
}

std::string HostProcess::unfinished_calls() const {
  return page_ == nullptr ? "" : tactus::unfinished_calls(*page_);
}

std::vector<std::string> HostProcess::new_faults() {
  std::vector<std::string> names;
  for_each_node(page_.get(), [&](const NodeCounters& node) {
    const std::uint64_t faults = node.faults.load();
    if (std::exchange(faults_[node.name.data()], faults) < faults) names.emplace_back(node.name.data());
  });
  return names;
}

std::vector<HostProcess::NodeState> HostProcess::nodes() const {
  std::vector<NodeState> list;
  for (const HostNode& node : settings_.nodes) list.push_back({node.settings.name, "starting", 0});
  for_each_node(page_.get(), [&](const NodeCounters& node) {
    const auto found = std::ranges::find(list, node.name.data(), &NodeState::name);
    if (found != list.end()) *found = {found->name, tactus::to_text(node.state.load()), node.faults.load()};
  });
  return list;
}

std::optional<HostProcess::Hang> HostProcess::hang(std::int64_t now_ns, bool paused) {
  std::optional<Hang> found;
  for_each_node(page_.get(), [&](const NodeCounters& node) {
    const std::string name = node.name.data();
    const HostNode* plan = find(name);
    const WorkerCounters* worker = worker_of(*page_, node);
    const std::int64_t busy_ns = watches_[name].look(look_at(node, worker, paused), now_ns);
    if (plan == nullptr || plan->hang_after_ns == 0 || busy_ns < plan->hang_after_ns || found) return;
    found.emplace();
    found->node = name;
    found->phase = node.phase.load();
    found->cycle = node.cycle.load();
    found->for_ns = busy_ns;
    found->tid = worker == nullptr ? 0 : static_cast<pid_t>(worker->tid.load());
    found->thread = plan->executor.empty() ? name.substr(name.rfind('/') + 1) : plan->executor;
  });
  return found;
}

const HostNode* HostProcess::find(const std::string& node) const {
  const auto found =
      std::ranges::find_if(settings_.nodes, [&](const HostNode& one) { return one.settings.name == node; });
  return found == settings_.nodes.end() ? nullptr : &*found;
}

bool is_paused(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:\tT") || line.starts_with("State:\tt")) return true;
    if (line.starts_with("TracerPid:")) return line != "TracerPid:\t0";
  }
  return false;
}

}  // namespace tactus
