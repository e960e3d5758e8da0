// SPDX-License-Identifier: Apache-2.0
// What a launch tells about itself, and what it is asked to do.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "launch_status.hpp"
#include "supervisor_impl.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/node_description.hpp"

namespace tactus {
namespace {

void add_simulation(const SimulationReport& report, LaunchStatus& status) {
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

}  // namespace

bool Supervisor::Impl::healthy() const {
  if (!failure_.empty()) return false;
  return std::ranges::any_of(processes_, [](const HostProcess& process) {
    return process.alive() || process.state() == ProcessState::kWaiting ||
           process.state() == ProcessState::kStopped;
  });
}

LaunchStatus Supervisor::Impl::status() {
  LaunchStatus status;
  const Clock::time_point now = Clock::now();
  status.elapsed = now - started_;
  status.clock_rate = group_clock().rate;
  std::map<pid_t, std::string> pids;
  for (HostProcess& process : processes_) {
    const bool running = process.alive() && !process.child().poll();
    ProcessStatus& one = status.processes.emplace_back();
    one.name = process.name();
    one.pid = process.pid();
    one.running = running;
    one.end = process.end();
    one.state = running && paused_.contains(one.pid) ? "paused" : to_text(process.state());
    one.failed = process.state() == ProcessState::kGivenUp;
    one.restarts = process.policy().restarts();
    one.uptime = std::chrono::nanoseconds{running ? monotonic_ns() - process.started_ns() : 0};
    for (const auto& text : process.denied()) status.degradations.push_back(text);
    if (running) pids[process.pid()] = process.name();
    if (running) continue;
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
    ProcessStatus& one = status.processes.emplace_back();
    one.name = "gateway";
    one.pid = gateway_->child().pid();
    one.running = running;
    one.state = running ? "running" : "waiting";
    if (running) pids[one.pid] = one.name;
  }
  try {
    read_graph(broker_->graph(), pids, now - last_status_.value_or(started_), messages_before_, status);
    last_status_ = now;
  } catch (const TransportError&) {
    broker_gone_ = true;  // poll() says it and renews it
  }
  for (const HostProcess& process : processes_)
    if (const auto& report = process.simulation()) add_simulation(*report, status);
  return status;
}

void Supervisor::Impl::serve(Sentences& events) {
  if (!control_) return;
  for (const auto& request : control_->read()) {
    nlohmann::json answer;
    try {
      answer = obey(request.client, request.text, events);
    } catch (const std::exception& error) {
      answer = {{"error", fmt::format("the launch does not understand the request: {}", error.what())}};
    }
    if (!answer.is_null()) control_->answer(request.client, answer);
  }
}

/// null: the answer comes later.
nlohmann::json Supervisor::Impl::obey(std::uint32_t client, const std::string& text, Sentences& events) {
  const auto request = nlohmann::json::parse(text);
  const std::string what = request.at("do");
  if (what == "ps") return describe_launch();
  if (what != "end") return command_node(client, request, events);
  events.push_back("asked to stop by rtctl stop");
  stop_asked_ = true;
  return nlohmann::json::object();
}

nlohmann::json Supervisor::Impl::describe_launch() const {
  nlohmann::json processes = nlohmann::json::array();
  nlohmann::json nodes = nlohmann::json::array();
  for (const HostProcess& process : processes_) {
    const bool alive = process.alive();
    const std::int64_t uptime_ns = alive ? monotonic_ns() - process.started_ns() : 0;
    const bool paused = alive && paused_.contains(process.pid());
    processes.push_back({{"name", process.name()},
                         {"pid", alive ? process.pid() : 0},
                         {"state", paused ? "paused" : to_text(process.state())},
                         {"restarts", process.restarts()},
                         {"uptime_s", static_cast<double>(uptime_ns) * 1e-9},
                         {"end", process.end()}});
    for (const auto& node : process.nodes())
      nodes.push_back({{"name", node.name},
                       {"process", process.name()},
                       {"state", alive ? node.state : "dead"},
                       {"faults", node.faults}});
  }
  const auto uptime = std::chrono::duration<double>(Clock::now() - started_).count();
  return {{"name", options_.launch_name},      {"file", options_.launch_file},
          {"log", options_.log_file},          {"pid", getpid()},
          {"group", settings_.front().group},  {"uptime_s", uptime},
          {"processes", std::move(processes)}, {"nodes", std::move(nodes)}};
}

nlohmann::json Supervisor::Impl::command_node(std::uint32_t client, const nlohmann::json& request,
                                              Sentences& events) {
  const std::string node = request.at("node");
  const std::string what = request.at("do");
  for (HostProcess& process : processes_) {
    if (std::ranges::none_of(process.settings().nodes,
                             [&](const HostNode& one) { return one.settings.name == node; }))
      continue;
    if (process.state() != ProcessState::kRunning) return command_process(process, what, events);
    auto told = request;
    told["id"] = next_command_;
    commands_.push_back({&process, next_command_++, client, request.dump()});
    process.child().send(told.dump() + "\n");
    if (what != "level" && what != "reload") events.push_back(fmt::format("rtctl node {} {}", what, node));
    return nullptr;
  }
  return {{"error", fmt::format("this launch has no node {}", node)}};
}

/// The process of the node does not run: who wants the node wants the process.
nlohmann::json Supervisor::Impl::command_process(HostProcess& process, const std::string& what,
                                                 Sentences& events) {
  const std::string state = to_text(process.state());
  if (process.alive())
    return {{"error", fmt::format("its process '{}' is {}: try again", process.name(), state)}};
  if (what == "stop") {
    process.set_state(ProcessState::kStopped);
    return nlohmann::json::object();
  }
  if (what != "start" && what != "restart")
    return {{"error", fmt::format("its process '{}' does not run ({}; it {}): rtctl node start starts it",
                                  process.name(), state, process.end())}};
  events.push_back(fmt::format("process '{}' is started by rtctl node {}", process.name(), what));
  process.policy().forget();
  restart(process, events);
  return nlohmann::json::object();
}

void Supervisor::Impl::answer_commands(HostProcess& process, const HostProcess::Report& report,
                                       Sentences& events) {
  for (auto command = commands_.begin(); command != commands_.end(); ++command) {
    if (command->process != &process || command->id != report.id) continue;
    nlohmann::json answer = nlohmann::json::object();
    if (!report.text.empty()) answer["error"] = report.text;
    if (!report.said.empty()) answer["said"] = report.said;
    const auto request = nlohmann::json::parse(command->request);
    if (request.at("do") == "reload") follow_reload(process, request, report, events);
    if (control_) control_->answer(command->client, answer);
    commands_.erase(command);
    return;
  }
}

void Supervisor::Impl::follow_reload(HostProcess& process, const nlohmann::json& request,
                                     const HostProcess::Report& report, Sentences& events) {
  const std::string node = request.at("node"), library = request.at("library");
  if (!report.text.empty()) {
    events.push_back(fmt::format("node {} was not replaced by {}: {}", node, library, report.text));
    return;
  }
  std::map<std::string, ParameterValue> parameters;
  for (const auto& [name, value] : request.at("parameters").items())
    parameters[name] = parameter_from_json(value);
  process.replace_library(node, library, parameters);
  events.push_back(fmt::format("node {} was replaced by {}: {}", node, library, report.said));
}

void Supervisor::Impl::drop_commands(const HostProcess& process) {
  std::erase_if(commands_, [&](const Command& command) {
    if (command.process != &process) return false;
    if (control_)
      control_->answer(command.client,
                       {{"error", fmt::format("its process '{}' {}", process.name(), process.end())}});
    return true;
  });
}

}  // namespace tactus
