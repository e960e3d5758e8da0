// SPDX-License-Identifier: Apache-2.0
#include "launch_status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

using nlohmann::json;

MetricSummary read_metric(const json& metric) {
  return {metric.at("name"), metric.at("unit"), metric.at("count"), metric.at("rejected"), metric.at("last"),
          metric.at("min"),  metric.at("max"),  metric.at("mean"),  metric.at("p50"),      metric.at("p99")};
}

NodeStatus read_node(const json& node, const std::string& process) {
  NodeStatus status;
  status.name = node.at("name");
  status.process = process;
  status.state = node.at("state");
  status.runs = node.at("runs");
  const std::chrono::nanoseconds total{node.at("run_ns_total").get<std::int64_t>()};
  if (status.runs > 0) status.run_time_mean = total / status.runs;
  status.run_time_max = std::chrono::nanoseconds{node.at("run_ns_max").get<std::int64_t>()};
  status.deadline_misses = node.at("deadline_misses");
  status.skipped = node.at("skipped");
  status.faults = node.at("faults");
  status.budget_overruns = node.at("budget_overruns");
  status.stale_inputs = node.at("stale_inputs");
  for (const json& metric : node.at("metrics")) status.metrics.push_back(read_metric(metric));
  return status;
}

bool uses(const json& topic, const std::map<pid_t, std::string>& processes) {
  const auto ours = [&](const json& endpoint) { return processes.contains(endpoint.at("pid").get<pid_t>()); };
  return std::ranges::any_of(topic.at("publishers"), ours) ||
         std::ranges::any_of(topic.at("subscribers"), ours);
}

/// Messages per second between the first and the newest, added up over the publishers.
double mean_rate(const json& publishers) {
  double rate_hz = 0;
  for (const json& publisher : publishers) {
    const json& counters = publisher.at("counters");
    const double intervals = counters.at("messages").get<double>() - 1;
    const auto span_ns =
        counters.at("last_ns").get<std::int64_t>() - counters.at("first_ns").get<std::int64_t>();
    const double seconds = 1e-9 * static_cast<double>(span_ns);
    if (intervals > 0 && seconds > 0) rate_hz += intervals / seconds;
  }
  return rate_hz;
}

bool finished(const json& publishers, const std::vector<NodeStatus>& nodes) {
  return !publishers.empty() && std::ranges::all_of(publishers, [&](const json& publisher) {
    const auto node = std::ranges::find(nodes, publisher.at("node").get<std::string>(), &NodeStatus::name);
    return node != nodes.end() && node->state == "stopped";
  });
}

TopicStatus read_topic(const json& topic) {
  TopicStatus status;
  status.name = topic.at("name");
  if (!topic.at("types").empty()) status.type = topic["types"][0];
  status.publishers = static_cast<std::uint32_t>(topic.at("publishers").size());
  status.subscribers = static_cast<std::uint32_t>(topic.at("subscribers").size());
  for (const json& publisher : topic["publishers"]) {
    status.messages += publisher.at("counters").at("messages").get<std::uint64_t>();
    status.dropped += publisher["counters"].at("dropped").get<std::uint64_t>();
  }
  std::uint64_t taken = 0;
  std::int64_t age_total_ns = 0;
  for (const json& subscriber : topic["subscribers"]) {
    const json& counters = subscriber.at("counters");
    status.dropped += counters.at("dropped").get<std::uint64_t>();
    status.unmatched += counters.at("unmatched").get<std::uint64_t>();
    taken += counters.at("messages").get<std::uint64_t>();
    age_total_ns = clamped_sum(age_total_ns, counters.at("age_ns_total").get<std::int64_t>());
    status.age_max =
        std::max(status.age_max, std::chrono::nanoseconds{counters.at("age_ns_max").get<std::int64_t>()});
  }
  if (taken > 0) status.age_mean = std::chrono::nanoseconds{age_total_ns / static_cast<std::int64_t>(taken)};
  return status;
}

double rate(const TopicStatus& topic, const std::map<std::string, std::uint64_t>& before,
            std::chrono::nanoseconds interval) {
  const auto known = before.find(topic.name);
  const std::uint64_t old = known == before.end() ? 0 : known->second;
  // A publisher that ended took its count with it.
  if (topic.messages < old || interval.count() <= 0) return 0;
  return static_cast<double>(topic.messages - old) / std::chrono::duration<double>{interval}.count();
}

}  // namespace

void read_graph(const std::string& graph, const std::map<pid_t, std::string>& processes,
                std::chrono::nanoseconds interval, std::map<std::string, std::uint64_t>& before,
                LaunchStatus& status) {
  const json all = json::parse(graph);
  for (const json& node : all.at("nodes")) {
    const auto process = processes.find(node.at("pid").get<pid_t>());
    if (process != processes.end()) status.nodes.push_back(read_node(node, process->second));
  }
  std::map<std::string, std::uint64_t> now;
  for (const json& topic : all.at("topics")) {
    if (!uses(topic, processes)) continue;
    TopicStatus& read = status.topics.emplace_back(read_topic(topic));
    read.mean_rate_hz = mean_rate(topic.at("publishers"));
    read.finished = finished(topic.at("publishers"), status.nodes);
    read.rate_hz = rate(read, before, interval);
    now[read.name] = read.messages;
  }
  before = std::move(now);
}

}  // namespace tactus
