// SPDX-License-Identifier: Apache-2.0
#include "launch_record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "output/metrics.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

double ns_of(std::chrono::nanoseconds time) { return static_cast<double>(time.count()); }

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string age_text(std::chrono::nanoseconds age) {
  return age.count() > 0 ? duration_text(ns_of(age)) : "-";
}

std::vector<NodeMetric> metrics_of(const std::map<std::string, tactus::NodeStatus>& nodes) {
  std::vector<NodeMetric> metrics;
  for (const auto& [name, node] : nodes) {
    for (const tactus::MetricSummary& metric : node.metrics) metrics.emplace_back(name, metric);
  }
  return metrics;
}

Json json_of(const tactus::NodeStatus& node) {
  Json metrics = Json::array();
  for (const tactus::MetricSummary& metric : node.metrics) metrics.push_back(metric_json(metric));
  return {{"name", node.name},
          {"process", node.process},
          {"state", node.state},
          {"runs", node.runs},
          {"run_ns_mean", node.run_time_mean.count()},
          {"run_ns_max", node.run_time_max.count()},
          {"deadline_misses", node.deadline_misses},
          {"skipped", node.skipped},
          {"faults", node.faults},
          {"budget_overruns", node.budget_overruns},
          {"stale_inputs", node.stale_inputs},
          {"metrics", metrics}};
}

Json json_of(const tactus::TopicStatus& topic) {
  return {{"name", topic.name},
          {"type", topic.type},
          {"publishers", topic.publishers},
          {"subscribers", topic.subscribers},
          {"messages", topic.messages},
          {"dropped", topic.dropped},
          {"unmatched", topic.unmatched},
          {"age_ns_mean", topic.age_mean.count()},
          {"age_ns_max", topic.age_max.count()}};
}

std::string nodes_text(const std::map<std::string, tactus::NodeStatus>& nodes) {
  Table table{{"NODE", "PROCESS", "STATE", ">RUNS", ">MEAN", ">MAX", ">MISSES", ">SKIPPED", ">FAULTS"}};
  for (const auto& [name, node] : nodes) {
    table.add({name, node.process, state_cell(node.state), std::to_string(node.runs),
               node.runs > 0 ? duration_text(ns_of(node.run_time_mean)) : "-",
               node.runs > 0 ? duration_text(ns_of(node.run_time_max)) : "-",
               count_cell(node.deadline_misses), count_cell(node.skipped),
               count_cell(node.faults, Style::kError)});
  }
  return table.text();
}

/// What is rare enough to need no column.
std::string warnings_text(const std::vector<tactus::ProcessStatus>& processes,
                          const std::vector<tactus::TopicStatus>& topics,
                          const std::map<std::string, tactus::NodeStatus>& nodes) {
  std::string text;
  const auto add = [&text](const std::string& line) { text += paint(Style::kWarning, line) + "\n"; };
  for (const auto& process : processes) {
    if (process.restarts > 0)
      add(fmt::format("process '{}' was started again {}", process.name,
                      counted(process.restarts, "time", "times")));
  }
  for (const auto& topic : topics) {
    if (topic.unmatched > 0)
      add(fmt::format("{}: {} no partner for on_all", topic.name,
                      counted(topic.unmatched, "message found", "messages found")));
  }
  for (const auto& [name, node] : nodes) {
    if (node.budget_overruns > 0)
      add(fmt::format("{}: {} longer than the budget", name,
                      counted(node.budget_overruns, "call ran", "calls ran")));
    if (node.stale_inputs > 0)
      add(fmt::format("{}: an input became stale {}", name, counted(node.stale_inputs, "time", "times")));
  }
  return text;
}

}  // namespace

void LaunchRecord::add(const tactus::LaunchStatus& status) {
  elapsed_ = status.elapsed;
  clock_rate_ = status.clock_rate;
  simulation_end_ = status.simulation_end;
  simulation_real_ = status.simulation_real;
  processes_ = status.processes;
  degradations_ = status.degradations;
  for (const tactus::TopicStatus& topic : status.topics) {
    TopicRecord& record = topics_[topic.name];
    if (topic.messages != record.last.messages) record.grew = status.elapsed;
    record.last = topic;
  }
  for (const tactus::NodeStatus& node : status.nodes) {
    tactus::NodeStatus& known = nodes_[node.name];
    if (node.state == "dead") {
      known.name = node.name;
      known.process = node.process;
      known.state = node.state;
    } else {
      known = node;
    }
  }
}

double LaunchRecord::mean_rate(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second.last.mean_rate_hz * clock_rate_;
}

double LaunchRecord::silence(const tactus::ExpectedRate& expected) const {
  const auto found = topics_.find(expected.topic);
  if (found == topics_.end() || found->second.last.finished) return 0;
  const double seconds = std::chrono::duration<double>(elapsed_ - found->second.grew).count();
  return seconds > std::max(kSilenceSeconds, 5 / expected.least_hz) ? seconds : 0;
}

std::string LaunchRecord::text(bool whole_run) const {
  std::string time = fmt::format("{:.1f} s", ns_of(elapsed_) / 1e9);
  if (clock_rate_ != 1) time += fmt::format(", the group's clock at rate {:g}", clock_rate_);
  if (simulation_ended())
    time += fmt::format(" of simulated time in {:.1f} s, {:.1f} times as fast as real time; {}",
                        ns_of(simulation_real_) / 1e9,
                        ns_of(elapsed_) / std::max(1.0, ns_of(simulation_real_)), simulation_end_);
  std::string text = paint(Style::kDim, time) + "\n";
  for (const std::string& degradation : degradations_)
    text += paint(Style::kWarning, "degraded: " + degradation) + "\n";
  Table table{{"TOPIC", "TYPE", ">RATE", ">MESSAGES", ">DROPPED", ">AGE MEAN", ">MAX"}};
  for (const auto& [name, record] : topics_) {
    table.add({name, record.last.type, rate_text(whole_run ? mean_rate(name) : record.last.rate_hz),
               std::to_string(record.last.messages), count_cell(record.last.dropped),
               age_text(record.last.age_mean), age_text(record.last.age_max)});
  }
  text += table.text() + "\n" + nodes_text(nodes_);
  std::vector<tactus::TopicStatus> topics;
  for (const auto& [name, record] : topics_) topics.push_back(record.last);
  text += warnings_text(processes_, topics, nodes_);
  const std::string metrics = metrics_text(metrics_of(nodes_), true);
  return metrics.empty() ? text : text + "\n" + metrics;
}

std::string LaunchRecord::start_text() const {
  std::vector<std::string> names;
  for (const tactus::ProcessStatus& process : processes_)
    names.push_back(fmt::format("{} (pid {})", process.name, process.pid));
  return fmt::format("started {} in {}: {}\n", counted(nodes_.size(), "node", "nodes"),
                     counted(names.size(), "process", "processes"), fmt::join(names, ", "));
}

nlohmann::ordered_json LaunchRecord::json() const {
  Json json{{"elapsed_s", ns_of(elapsed_) / 1e9},
            {"clock_rate", clock_rate_},
            {"processes", Json::array()},
            {"nodes", Json::array()},
            {"topics", Json::array()},
            {"degradations", degradations_}};
  if (simulation_ended())
    json["simulation"] = {{"end", simulation_end_}, {"real_s", ns_of(simulation_real_) / 1e9}};
  for (const tactus::ProcessStatus& one : processes_) {
    json["processes"].push_back({{"name", one.name},
                                 {"pid", one.pid},
                                 {"running", one.running},
                                 {"state", one.state},
                                 {"restarts", one.restarts},
                                 {"end", one.end}});
  }
  for (const auto& [name, node] : nodes_) json["nodes"].push_back(json_of(node));
  for (const auto& [name, record] : topics_) {
    json["topics"].push_back(json_of(record.last));
    json["topics"].back()["hz"] = mean_rate(name);
    if (!record.last.digest.empty()) json["topics"].back()["digest"] = record.last.digest;
  }
  return json;
}

std::string LaunchRecord::live_text() const { return text(false); }
std::string LaunchRecord::summary_text() const { return text(true); }

std::vector<std::string> LaunchRecord::missed(const std::vector<tactus::ExpectedRate>& expectations) const {
  std::vector<std::string> result;
  for (const tactus::ExpectedRate& expected : expectations) {
    if (const double silent = silence(expected); silent > 0)
      result.push_back(fmt::format("{} has been silent for {:.1f} s", expected.topic, silent));
    const double rate = mean_rate(expected.topic) / clock_rate_;
    if (rate >= expected.least_hz && rate <= expected.most_hz) continue;
    result.push_back(fmt::format("{} ran at {:.1f} Hz, expected were {:g} to {:g} Hz", expected.topic, rate,
                                 expected.least_hz, expected.most_hz));
  }
  return result;
}

bool LaunchRecord::ended(const std::string& node) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return false;
  const std::string& state = found->second.state;
  return state == "stopped" || state == "faulted" || state == "dead";
}

std::vector<std::string> LaunchRecord::failures() const {
  std::vector<std::string> result;
  for (const tactus::ProcessStatus& process : processes_) {
    if (!process.failed) continue;
    result.push_back(fmt::format("process '{}' (pid {}) {}", process.name, process.pid, process.end));
  }
  for (const auto& [name, node] : nodes_) {
    if (node.state == "faulted") result.push_back(fmt::format("node {} faulted", name));
  }
  return result;
}

}  // namespace rtctl
