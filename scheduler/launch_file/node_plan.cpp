// SPDX-License-Identifier: Apache-2.0
// A node as the launch file says it: its settings, when it is called, its library.
#include <fmt/format.h>

#include "planner.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/node_library.hpp"

namespace tactus::launch_file {
namespace {

NodeSettings settings_of(const NodeEntryText& entry) {
  NodeSettings settings;
  settings.name = entry.name_space + "/" + entry.name;
  for (const auto& [name, value] : entry.parameters) settings.parameters[name] = value.value;
  for (const auto& [name, topic] : entry.remaps) settings.remaps[name] = topic.value;
  for (const auto& [name, input] : entry.inputs) settings.inputs[name] = input.settings;
  for (const auto& [name, output] : entry.outputs) settings.outputs[name] = output.value;
  return settings;
}

/// What the executor of a node says for those that say nothing.
OnOverrun overrun_default(const NodeEntryText& entry, const Document& document) {
  if (entry.trigger.kind != TriggerKind::kEvery) return OnOverrun::kSkip;
  const ExecutorEntry* executor = find_executor(document, entry.has_executor ? entry.executor.value : kMain);
  return executor == nullptr ? OnOverrun::kSkip : executor->on_overrun;
}

HostNode host_node(const NodeEntryText& entry, const Document& document) {
  HostNode node;
  node.settings = settings_of(entry);
  node.trigger = entry.trigger;
  node.trigger.on_overrun = entry.on_overrun.value_or(overrun_default(entry, document));
  if (entry.trigger.kind != TriggerKind::kSelfLooping)
    node.executor = entry.has_executor ? entry.executor.value : kMain;
  node.deadline_ns = entry.deadline_ns;
  node.budget_ns = entry.budget_ns;
  node.thread = entry.thread;
  node.ends_launch = entry.ends_launch;
  node.takes_ns = entry.takes_ns;
  node.at = text_of(entry.at);
  return node;
}

void find_library(HostNode& node, const NodeEntryText& entry, Draft& draft) {
  try {
    node.library = find_node_library(entry.use.value).string();
    if (const auto reason = incompatibility(read_node_note(node.library)); !reason.empty())
      draft.error(entry.use.at, node.library + ": " + reason);
  } catch (const NodeLibraryError& problem) {
    draft.error(entry.use.at, problem.what());
  } catch (const std::filesystem::filesystem_error& problem) {
    draft.error(entry.use.at, fmt::format("use '{}': {}", entry.use.value, problem.code().message()));
  }
}

}  // namespace

void plan_nodes(Draft& draft) {
  for (const NodeEntryText& entry : draft.document.nodes) {
    PlannedNode& node = draft.plan.nodes.emplace_back();
    node.location = entry.at;
    node.host = host_node(entry, draft.document);
    if (entry.has_executor) check_executor(entry, draft);
    if (!entry.use.value.empty()) find_library(node.host, entry, draft);
  }
}

}  // namespace tactus::launch_file

namespace tactus {

std::string PlannedNode::topic_of(const PortDescription& port) const {
  return resolve_topic(port.name, host.settings.name, host.settings.remaps);
}

}  // namespace tactus
