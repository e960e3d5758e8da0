// SPDX-License-Identifier: Apache-2.0
#include "launch_record.hpp"

#include <fmt/format.h>

#include "output/table.hpp"

namespace rtctl {
namespace {

constexpr const char* kCleanEnd = "exited with 0";

Cell count(std::uint64_t number, Style style) {
  return {std::to_string(number), number > 0 ? style : Style::kPlain};
}

Style style_of(const std::string& state) {
  if (state == "running") return Style::kGood;
  if (state == "faulted" || state == "dead") return Style::kError;
  return Style::kPlain;
}

double ns_of(std::chrono::nanoseconds time) { return static_cast<double>(time.count()); }

std::string nodes_text(const std::map<std::string, tactus::NodeStatus>& nodes) {
  Table table{{"NODE", "PROCESS", "STATE", ">RUNS", ">MEAN", ">MAX", ">MISSES", ">SKIPPED", ">FAULTS"}};
  for (const auto& [name, node] : nodes) {
    table.add({name,
               node.process,
               {node.state, style_of(node.state)},
               std::to_string(node.runs),
               node.runs > 0 ? duration_text(ns_of(node.run_time_mean)) : "-",
               node.runs > 0 ? duration_text(ns_of(node.run_time_max)) : "-",
               count(node.deadline_misses, Style::kWarning),
               count(node.skipped, Style::kWarning),
               count(node.faults, Style::kError)});
  }
  return table.text();
}

}  // namespace

void LaunchRecord::add(const tactus::LaunchStatus& status) {
  elapsed_ = status.elapsed;
  processes_ = status.processes;
  degradations_ = status.degradations;
  for (const tactus::TopicStatus& topic : status.topics) {
    TopicRecord& record = topics_[topic.name];
    if (record.first_messages == 0 && topic.messages > 0) {
      record.first_messages = topic.messages;
      record.first_time = status.elapsed;
    }
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
  if (found == topics_.end()) return 0;
  const TopicRecord& record = found->second;
  const double seconds = std::chrono::duration<double>(elapsed_ - record.first_time).count();
  if (record.first_messages == 0 || seconds <= 0 || record.last.messages < record.first_messages) return 0;
  return static_cast<double>(record.last.messages - record.first_messages) / seconds;
}

std::string LaunchRecord::text(bool whole_run) const {
  std::string text = fmt::format("{}\n", paint(Style::kDim, fmt::format("{:.1f} s", ns_of(elapsed_) / 1e9)));
  for (const std::string& degradation : degradations_)
    text += paint(Style::kWarning, "degraded: " + degradation) + "\n";
  Table table{{"TOPIC", "TYPE", ">RATE", ">MESSAGES", ">DROPPED"}};
  for (const auto& [name, record] : topics_) {
    table.add({name, record.last.type, rate_text(whole_run ? mean_rate(name) : record.last.rate_hz),
               std::to_string(record.last.messages), count(record.last.dropped, Style::kWarning)});
  }
  return text + table.text() + "\n" + nodes_text(nodes_);
}

std::string LaunchRecord::live_text() const { return text(false); }
std::string LaunchRecord::summary_text() const { return text(true); }

std::vector<std::string> LaunchRecord::missed(const std::vector<tactus::ExpectedRate>& expectations) const {
  std::vector<std::string> result;
  for (const tactus::ExpectedRate& expected : expectations) {
    const double rate = mean_rate(expected.topic);
    if (rate >= expected.least_hz && rate <= expected.most_hz) continue;
    result.push_back(fmt::format("{} ran at {:.1f} Hz, expected were {:g} to {:g} Hz", expected.topic, rate,
                                 expected.least_hz, expected.most_hz));
  }
  return result;
}

std::vector<std::string> LaunchRecord::failures() const {
  std::vector<std::string> result;
  for (const tactus::ProcessStatus& process : processes_) {
    if (process.running || process.end == kCleanEnd) continue;
    result.push_back(fmt::format("process '{}' (PID {}) {}", process.name, process.pid, process.end));
  }
  for (const auto& [name, node] : nodes_) {
    if (node.faults > 0 || node.state == "faulted") result.push_back(fmt::format("node {} faulted", name));
  }
  return result;
}

}  // namespace rtctl
