// SPDX-License-Identifier: Apache-2.0
#include "node_timing.hpp"

#include <algorithm>

namespace rtctl {
namespace {

std::string name_of(const tactus::NodeCounters& node) {
  return {node.name.begin(), std::find(node.name.begin(), node.name.end(), '\0')};
}

std::string thread_of(const tactus::ProcessPage& page, std::uint32_t worker) {
  const auto workers = tactus::used_workers(page);
  if (worker == 0 || worker > workers.size()) return "-";
  const auto& name = workers[worker - 1].name;
  return {name.begin(), std::find(name.begin(), name.end(), '\0')};
}

std::uint64_t missed_by(const tactus::ProcessPage& page, std::size_t node) {
  std::uint64_t missed = page.nodes[node].stale_inputs.load();
  const auto plates = tactus::used_plates(page);
  for (std::size_t i = 0; i < plates.size(); ++i) {
    if (plates[i].node.load() != node + 1) continue;
    if (plates[i].use.load() != tactus::EndpointPlate::Use::kSubscriber) continue;
    const tactus::EndpointCounters& endpoint = page.endpoints[i];
    missed += endpoint.dropped.load() + endpoint.rejected.load() + endpoint.unmatched.load();
  }
  return missed;
}

NodeTiming timing_of(const HostPage& host, std::size_t index) {
  const tactus::NodeCounters& node = host.page->nodes[index];
  const tactus::NodeTimes& times = host.page->times[index];
  NodeTiming timing;
  timing.node = name_of(node);
  timing.group = host.process.group;
  timing.process = host.process.name;
  timing.pid = host.process.pid;
  timing.ended = host.process.ended;
  timing.thread = thread_of(*host.page, node.worker.load());
  timing.state = host.process.ended ? "dead" : tactus::to_text(node.state.load());
  timing.period_ns = node.period_ns.load();
  timing.deadline_ns = node.deadline_ns.load();
  timing.budget_ns = node.budget_ns.load();
  timing.deadline_misses = node.deadline_misses.load();
  timing.budget_overruns = node.budget_overruns.load();
  timing.skipped = node.skipped.load();
  timing.faults = node.faults.load();
  timing.inputs_missed = missed_by(*host.page, index);
  timing.period = summarize(times.period);
  timing.jitter = summarize(times.jitter);
  timing.run = summarize(times.run);
  timing.response = summarize(times.response);
  timing.runs = timing.run.count;
  return timing;
}

}  // namespace

std::string shown_name(const NodeTiming& timing) {
  return timing.ended ? timing.node + " (ended)" : timing.node;
}

std::vector<NodeTiming> node_timings(const HostPage& page) {
  std::vector<NodeTiming> timings;
  const auto nodes = tactus::used_nodes(*page.page);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].state.load() != tactus::NodeState::kUnused) timings.push_back(timing_of(page, i));
  }
  return timings;
}

std::vector<NodeTiming> node_timings(const std::vector<HostPage>& pages) {
  std::vector<NodeTiming> all;
  for (const HostPage& page : pages) {
    for (NodeTiming& timing : node_timings(page)) all.push_back(std::move(timing));
  }
  return all;
}

}  // namespace rtctl
