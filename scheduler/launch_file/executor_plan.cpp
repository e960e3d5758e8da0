// SPDX-License-Identifier: Apache-2.0
// Executors: which are declared, in what order they call their nodes, when they wake.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "call_order.hpp"
#include "planner.hpp"
#include "tactus/middleware/names.hpp"

namespace tactus::launch_file {
namespace {

/// The nodes that it calls, as the file names them.
std::vector<std::string> nodes_of(const ExecutorEntry& entry, const Draft& draft) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) {
    if (draft.plan.nodes[i].host.executor == entry.executor.name)
      names.push_back(draft.document.nodes[i].name);
  }
  return names;
}

/// Full names, as the host needs them.
std::vector<std::string> full_order(const ExecutorEntry& entry, const Draft& draft) {
  std::vector<std::string> order;
  for (const auto& name : entry.order) {
    for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) {
      const HostNode& node = draft.plan.nodes[i].host;
      if (node.executor == entry.executor.name && draft.document.nodes[i].name == name.value)
        order.push_back(node.settings.name);
    }
  }
  return order;
}

/// An order names every node of its executor once.
void check_order(const ExecutorEntry& entry, Draft& draft) {
  const auto mine = nodes_of(entry, draft);
  auto left = mine;
  for (const auto& [name, at] : entry.order) {
    if (std::erase(left, name) > 0) continue;
    const bool twice = std::ranges::find(mine, name) != mine.end();
    draft.error(
        at, twice ? fmt::format("order of executor '{}': '{}' stands there twice", entry.executor.name, name)
                  : fmt::format("order of executor '{}': it does not call '{}'{} (it calls {})",
                                entry.executor.name, name, did_you_mean(name, mine), text_of(mine)));
  }
  for (const std::string& name : left)
    draft.error(entry.order.front().at,
                fmt::format("order of executor '{}': '{}' is missing; name all of its nodes",
                            entry.executor.name, name));
}

/// In the order in which it calls them.
std::vector<const PlannedNode*> call_order_of(const HostExecutor& executor, const LaunchPlan& plan) {
  const auto any = std::ranges::find_if(
      plan.nodes, [&](const PlannedNode& node) { return node.host.executor == executor.name; });
  return any == plan.nodes.end() ? std::vector<const PlannedNode*>{}
                                 : tactus::call_order_of(plan, any->process, executor);
}

Location place_in_order(const ExecutorEntry& entry, const PlannedNode& node, const Draft& draft) {
  const auto index = static_cast<std::size_t>(&node - draft.plan.nodes.data());
  const auto found =
      std::ranges::find(entry.order, draft.document.nodes[index].name, &Located<std::string>::value);
  return found == entry.order.end() ? entry.at : found->at;
}

/// An order counts more than the data flow. What it makes late without saying so is hardly meant.
void warn_of_order(const ExecutorEntry& entry, Draft& draft) {
  HostExecutor executor = entry.executor;
  const auto by_data_flow = late_reads_of(call_order_of(executor, draft.plan));
  executor.order = full_order(entry, draft);
  for (const LateRead& late : late_reads_of(call_order_of(executor, draft.plan))) {
    if (late.reader->is_delayed(*late.input) || std::ranges::count(by_data_flow, late) > 0) continue;
    const std::string &reader = late.reader->host.settings.name, &writer = late.writer->host.settings.name;
    draft.warn(
        place_in_order(entry, *late.reader, draft),
        fmt::format("order of executor '{}': {} is called before {}, whose {} it reads: it sees each message "
                    "one pass later; put {} after {}, or, where that is meant, say so at {}: inputs: {{{}: "
                    "{{delayed: true}}}}",
                    executor.name, reader, writer, late.topic, reader, writer, reader, late.input->name));
  }
}

/// As the file says; else 50 us, and not more than a twentieth of the shortest period.
std::int64_t margin_of(const ExecutorEntry& entry, const LaunchPlan& plan) {
  constexpr std::int64_t kUsualNs = 50'000;
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  std::int64_t shortest_ns = kNone;
  for (const auto& node : plan.nodes) {
    if (node.host.executor == entry.executor.name && node.host.trigger.kind == TriggerKind::kEvery)
      shortest_ns = std::min(shortest_ns, node.host.trigger.period_ns);
  }
  if (shortest_ns == kNone || entry.executor.thread.policy == ThreadPolicy::kOther) return 0;
  return entry.margin_ns ? entry.margin_ns->value : std::min(kUsualNs, shortest_ns / 20);
}

}  // namespace

const ExecutorEntry* find_executor(const Document& document, const std::string& name) {
  const auto found =
      std::ranges::find(document.executors, name, [](const auto& entry) { return entry.executor.name; });
  return found == document.executors.end() ? nullptr : &*found;
}

void check_executor(const NodeEntryText& node, Draft& draft) {
  const auto& [name, at] = node.executor;
  if (node.trigger.kind == TriggerKind::kSelfLooping)
    draft.error(at, fmt::format("node '{}' is self-looping: it has a thread of its own; remove executor:, or "
                                "set its thread:",
                                node.name));
  std::vector<std::string> known{kMain};
  for (const auto& entry : draft.document.executors) known.push_back(entry.executor.name);
  if (std::ranges::find(known, name) != known.end()) return;
  const std::string near = nearest(name, known);
  const ExecutorEntry* declared = find_executor(draft.document, near);
  const std::string hint = near.empty() ? fmt::format(" (declared: {})", text_of(known))
                           : declared == nullptr
                               ? fmt::format("; did you mean '{}'?", near)
                               : fmt::format("; did you mean '{}' (line {})?", near, declared->at.line);
  draft.error(at, fmt::format("executor '{}' is not declared{}", name, hint));
}

void check_orders(Draft& draft) {
  for (const auto& entry : draft.document.executors) {
    if (entry.order.empty()) continue;
    check_order(entry, draft);
    warn_of_order(entry, draft);
  }
}

HostExecutor plan_executor(const std::string& name, const Draft& draft) {
  const ExecutorEntry* entry = find_executor(draft.document, name);
  if (entry == nullptr) return {name, {}, 0};
  HostExecutor executor = entry->executor;
  executor.order = full_order(*entry, draft);
  executor.margin_ns = margin_of(*entry, draft.plan);
  executor.at = text_of(entry->at);
  return executor;
}

}  // namespace tactus::launch_file
