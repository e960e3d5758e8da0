// SPDX-License-Identifier: Apache-2.0
// What the launch file says about a node against what the node declares.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "planner.hpp"
#include "tactus/middleware/names.hpp"

namespace tactus::launch_file {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

class NodeCheck {
 public:
  NodeCheck(PlannedNode& node, const NodeEntryText& entry, Draft& draft)
      : node_{node}, entry_{entry}, draft_{draft} {}

  void check() {
    check_kind();
    check_parameters();
    check_port_names();
    for (auto& port : node_.description.ports) {
      override_port(port);
      check_port(port);
    }
    resolve_trigger();
    check_stale_after();
  }

 private:
  void check_kind();
  void check_parameters();
  void check_port_names();
  void check_declared(const char* what, const std::string& name, const std::vector<std::string>& declared,
                      const Location& at);
  void override_port(PortDescription& port) const;
  void check_port(const PortDescription& port);
  void resolve_trigger();
  void check_stale_after();
  [[nodiscard]] std::vector<std::string> port_names(PortDirection direction) const;
  [[nodiscard]] std::string topic_of(const std::string& name) const {
    return resolve_topic(name, node_.host.settings.name, node_.host.settings.remaps);
  }

  PlannedNode& node_;
  const NodeEntryText& entry_;
  Draft& draft_;
};

/// Who can be called as the file says.
void NodeCheck::check_kind() {
  const NodeDescription& has = node_.description;
  const bool looping = entry_.trigger.kind == TriggerKind::kSelfLooping;
  const bool waits = entry_.trigger.kind == TriggerKind::kCoroutine;
  const auto error = [this](std::string_view text) {
    draft_.error(entry_.at, fmt::format("node '{}' {}", entry_.name, text));
  };
  if (looping && !has.has_run && !has.has_coroutine)
    error("has no run(): it cannot be self-looping; use every:, on: or on_all:");
  if (waits && !has.has_coroutine)
    error("needs exactly one of every:, on:, on_all: and self_looping: true; it has 0");
  if (!waits && has.has_coroutine)
    error(
        "is a coroutine, it waits itself: name its executor: and remove every:, on:, on_all: and "
        "self_looping:");
  if (!looping && !has.has_step && !has.has_coroutine)
    error("has no step(): it loops by itself; use self_looping: true");
}

void NodeCheck::check_parameters() {
  const auto& declared = node_.description.parameters;
  std::vector<std::string> known;
  for (const auto& parameter : declared) known.push_back(parameter.name);
  for (const auto& [name, given] : entry_.parameters) {
    const auto parameter = std::ranges::find(declared, name, &ParameterDescription::name);
    if (parameter == declared.end()) {
      draft_.error(given.at, fmt::format("node '{}' has no parameter '{}'{} (it has {})", entry_.name, name,
                                         did_you_mean(name, known), text_of(known)));
      continue;
    }
    // A text that looks like a number is a text where a text is declared.
    const bool is_text = std::holds_alternative<std::string>(parameter->initial);
    try {
      node_.host.settings.parameters[name] =
          checked_parameter(*parameter, is_text ? entry_.parameter_texts.at(name) : given.value);
    } catch (const std::invalid_argument& problem) {
      draft_.error(given.at, fmt::format("node '{}': {}", entry_.name, problem.what()));
    }
  }
}

std::vector<std::string> NodeCheck::port_names(PortDirection direction) const {
  std::vector<std::string> names;
  for (const auto& port : node_.description.ports) {
    if (port.direction == direction) names.push_back(port.name);
  }
  return names;
}

void NodeCheck::check_port_names() {
  std::vector<std::string> ports;
  for (const auto& port : node_.description.ports) ports.push_back(port.name);
  for (const auto& [name, topic] : entry_.remaps) {
    if (!contains(ports, name))
      draft_.error(topic.at, fmt::format("remap: node '{}' has no input or output '{}'{} (it has {})",
                                         entry_.name, name, did_you_mean(name, ports), text_of(ports)));
  }
  const auto outputs = port_names(PortDirection::kOutput), inputs = port_names(PortDirection::kInput);
  for (const auto& [name, output] : entry_.outputs) check_declared("output", name, outputs, output.at);
  for (const auto& [name, input] : entry_.inputs) check_declared("input", name, inputs, input.at);
}

void NodeCheck::check_declared(const char* what, const std::string& name,
                               const std::vector<std::string>& declared, const Location& at) {
  if (contains(declared, name)) return;
  draft_.error(at, fmt::format("{0}s: node '{1}' has no {0} '{2}'{3} (it has {4})", what, entry_.name, name,
                               did_you_mean(name, declared), text_of(declared)));
}

/// From here on the description says what will be, not what the node declares.
void NodeCheck::override_port(PortDescription& port) const {
  if (const auto input = entry_.inputs.find(port.name); input != entry_.inputs.end()) {
    if (input->second.settings.depth != 0) port.depth = input->second.settings.depth;
    port.optional = input->second.optional.value_or(port.optional);
  }
  if (const auto output = entry_.outputs.find(port.name); output != entry_.outputs.end()) {
    const OutputSettings& given = output->second.value;
    if (given.max_bytes != 0) {
      port.max_bytes = given.max_bytes;
      port.max_bytes_guessed = false;
    }
    if (given.history >= 0) port.history = static_cast<std::uint32_t>(given.history);
    if (given.max_loans != 0) port.max_loans = given.max_loans;
  }
}

void NodeCheck::check_port(const PortDescription& port) {
  const std::string topic = node_.topic_of(port);
  if (const auto bad = topic_name_error(topic); !bad.empty())
    draft_.error(entry_.topic_location(port.name),
                 fmt::format("topic '{}' of '{}': {}", topic, port.name, bad));
  constexpr std::size_t kWorthAWord = std::size_t{64} << 10;  // a guess for short strings is not
  if (port.direction == PortDirection::kOutput && port.max_bytes_guessed && port.max_bytes > kWorthAWord) {
    draft_.plan.notes.push_back(fmt::format(
        "{}: output '{}' ({}) declares no max_bytes: {} are taken; set outputs: {{{}: {{max_bytes: N}}}}",
        node_.host.settings.name, port.name, port.type_name, port.max_bytes, port.name));
  }
}

/// The full names of the topics that call it.
void NodeCheck::resolve_trigger() {
  std::vector<std::string> inputs;
  for (const auto& port : node_.description.ports) {
    if (port.direction == PortDirection::kInput) inputs.push_back(node_.topic_of(port));
  }
  auto& topics = node_.host.trigger.topics;
  for (const auto& [name, at] : entry_.trigger_topics) {
    const std::string topic = topic_of(name);
    if (!contains(inputs, topic))
      draft_.error(at,
                   fmt::format("node '{}' does not read {}{} (it reads {})", entry_.name, topic,
                               did_you_mean(topic, inputs), inputs.empty() ? "nothing" : text_of(inputs)));
    if (contains(topics, topic))
      draft_.error(at, fmt::format("node '{}': on_all names {} twice", entry_.name, topic));
    topics.push_back(topic);
  }
}

/// Only who is called while nothing arrives can be told.
void NodeCheck::check_stale_after() {
  const bool waits = entry_.trigger.kind == TriggerKind::kCoroutine;
  const bool looping = entry_.trigger.kind == TriggerKind::kSelfLooping;
  for (const auto& [name, input] : entry_.inputs) {
    if (input.settings.stale_after_ns == 0) continue;
    if (waits || looping)
      draft_.error(input.stale_after_at,
                   fmt::format("node '{}' is {}: it looks at the age of '{}' itself; remove stale_after:",
                               entry_.name, waits ? "a coroutine" : "self-looping", name));
    else if (contains(node_.host.trigger.topics, topic_of(name)))
      draft_.error(input.stale_after_at,
                   fmt::format("node '{}' is called by '{}': while nothing arrives there, nobody is told; "
                               "remove stale_after:",
                               entry_.name, name));
  }
}

}  // namespace

void check_nodes(Draft& draft) {
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i)
    NodeCheck{draft.plan.nodes[i], draft.document.nodes[i], draft}.check();
}

}  // namespace tactus::launch_file
