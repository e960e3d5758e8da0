// SPDX-License-Identifier: Apache-2.0
// LaunchPlan -> what --dry-run prints.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "call_order.hpp"
#include "tactus/scheduler/launch_file.hpp"

namespace tactus {
namespace {

std::string trigger_text(const HostNode& node) {
  const Trigger& trigger = node.trigger;
  switch (trigger.kind) {
    case TriggerKind::kEvery:
      return fmt::format("every {:.3f} ms", static_cast<double>(trigger.period_ns) / 1e6);
    case TriggerKind::kOn:
      return fmt::format("on {}", trigger.topics.empty() ? "" : trigger.topics[0]);
    case TriggerKind::kOnAll:
      return fmt::format("on all of {} within {:.3f} ms", fmt::join(trigger.topics, ", "),
                         static_cast<double>(trigger.tolerance_ns) / 1e6);
    case TriggerKind::kCoroutine:
      return "waits itself";
    case TriggerKind::kSelfLooping:
      return "loops by itself";
  }
  return {};
}

std::string thread_text(const ThreadSettings& thread) {
  std::string text = thread.policy == ThreadPolicy::kFifo         ? "fifo"
                     : thread.policy == ThreadPolicy::kRoundRobin ? "rr"
                                                                  : "other";
  if (thread.priority != 0) text += fmt::format(" {}", thread.priority);
  if (!thread.cpus.empty()) text += fmt::format(", cpus {}", fmt::join(thread.cpus, ","));
  return text;
}

std::string cuts_text(const std::vector<const PlannedNode*>& order, bool given) {
  std::string text;
  for (const auto& late : launch_file::late_reads_of(order)) {
    const char* reason = late.reader->is_delayed(*late.input) ? "delayed" : given ? "by order" : "cycle cut";
    text += fmt::format("    {}: {} reads {} from {} one pass later\n", reason,
                        late.reader->host.settings.name, late.topic, late.writer->host.settings.name);
  }
  return text;
}

std::string parameters_text(const PlannedNode& node) {
  std::string text;
  for (const auto& declared : node.description.parameters) {
    const auto given = node.host.settings.parameters.find(declared.name);
    const ParameterValue& value =
        given == node.host.settings.parameters.end() ? declared.initial : given->second;
    text += std::visit(
        [&](const auto& v) {
          return fmt::format("       {} = {}{}{}\n", declared.name, v,
                             declared.options.unit.empty() ? "" : " ", declared.options.unit);
        },
        value);
  }
  return text;
}

std::string network_text(const NetworkSettings& network) {
  std::string text = fmt::format(
      "network: domain {} on {}, exports {}", network.domain,
      network.interface.empty() ? "the only interface" : network.interface,
      network.exports.empty() ? "what others read" : fmt::format("{}", fmt::join(network.exports, ", ")));
  if (!network.imports.empty()) text += fmt::format(", always imports {}", fmt::join(network.imports, ", "));
  if (!network.peers.empty()) text += fmt::format(", peers {}", fmt::join(network.peers, ", "));
  for (const auto& [topic, priority] : network.priorities)
    text +=
        fmt::format(", {} {}", topic,
                    priority == TopicPriority::kKeep ? "is kept" : fmt::format("has priority {}", priority));
  if (network.loss_free) text += ", datagrams for a network without loss";
  if (!network.security.empty()) text += fmt::format(", keys in {}", network.security);
  return text + "\n";
}

}  // namespace

std::string describe_plan(const LaunchPlan& plan) {
  std::string text = fmt::format("{}{}\n", plan.file, plan.group.empty() ? "" : ", group " + plan.group);
  if (plan.simulated) text += "simulated clock\n";
  if (plan.clock_rate != 0) text += fmt::format("clock at rate {}\n", plan.clock_rate);
  for (const auto& process : plan.processes) {
    text += fmt::format("process {}\n", process.process);
    for (const auto& executor : process.executors) {
      text += fmt::format("  executor {} ({})\n", executor.name, thread_text(executor.thread));
      int number = 0;
      const auto order = call_order_of(plan, process.process, executor);
      for (const PlannedNode* node : order) {
        text += fmt::format("    {}. {} ({}, {})\n", ++number, node->host.settings.name,
                            node->description.class_name, trigger_text(node->host));
        text += parameters_text(*node);
      }
      text += cuts_text(order, !executor.order.empty());
    }
    for (const auto& node : plan.nodes) {
      if (node.process == process.process && node.host.executor.empty()) {
        text += fmt::format("  thread of its own ({}): {} ({}){}\n", thread_text(node.host.thread),
                            node.host.settings.name, node.description.class_name,
                            node.host.ends_launch ? ", the launch ends with it" : "");
        text += parameters_text(node);
      }
    }
  }
  std::map<std::string, std::string> topics;
  for (const auto& node : plan.nodes) {
    for (const auto& port : node.description.ports) {
      auto& line = topics[node.topic_of(port)];
      if (line.empty()) line = port.type_name;
      line += port.direction == PortDirection::kOutput
                  ? fmt::format(", from {} (at most {} B)", node.host.settings.name, port.max_bytes)
                  : fmt::format(", to {} (depth {})", node.host.settings.name, port.depth);
    }
  }
  if (plan.network) text += network_text(*plan.network);
  text += "topics\n";
  for (const auto& [topic, line] : topics) text += fmt::format("  {}: {}\n", topic, line);
  for (const auto& chain : plan.chains) {
    text += fmt::format("chain {}: {} -> {} -> {}\n", chain.settings.name, chain.settings.first,
                        fmt::join(chain.nodes, " -> "), chain.settings.last);
  }
  for (const auto& warning : plan.warnings) text += warning_text(warning) + "\n";
  for (const auto& note : plan.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace tactus
