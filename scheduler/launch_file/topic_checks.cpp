// SPDX-License-Identifier: Apache-2.0
// Topics: each has one type, and what is read is published.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::launch_file {
namespace {

struct Port {
  const PlannedNode* node;
  const PortDescription* port;
  std::string topic;
  Location at;
};

std::vector<Port> ports_of(const Draft& draft, PortDirection direction) {
  std::vector<Port> ports;
  for (std::size_t i = 0; i < draft.plan.nodes.size(); ++i) {
    const PlannedNode& node = draft.plan.nodes[i];
    const NodeEntryText& entry = draft.document.nodes[i];
    for (const auto& port : node.description.ports) {
      if (port.direction == direction)
        ports.push_back({&node, &port, node.topic_of(port), entry.topic_location(port.name)});
    }
  }
  return ports;
}

std::string type_error(const Port& output, const Port& input) {
  const auto here = DynamicType::parse(output.port->type_json),
             there = DynamicType::parse(input.port->type_json);
  return fmt::format("topic {}: {} publishes {}, {} reads {}: {} (here: the publisher)", input.topic,
                     output.node->host.settings.name, output.port->type_name, input.node->host.settings.name,
                     input.port->type_name, first_difference(here.info(), there.info()));
}

/// Who may have been meant; empty: nobody.
std::string publisher_hint(const Port& input, const std::vector<Port>& outputs) {
  std::vector<std::string> topics;
  for (const auto& output : outputs) {
    if (output.port->type_name == input.port->type_name) topics.push_back(output.topic);
  }
  const std::string near = nearest(input.topic, topics);
  for (const auto& output : outputs) {
    if (output.port->type_name != input.port->type_name || output.node == input.node) continue;
    if (output.port->name == input.port->name || output.topic == near ||
        input.topic.ends_with("/" + output.port->name))
      return fmt::format(" ({} publishes {}: add remap {{{}: {}}} there)", output.node->host.settings.name,
                         output.topic, output.port->name, input.topic);
  }
  return {};
}

void check_input(const Port& input, const std::vector<Port>& outputs, Draft& draft) {
  bool published = draft.document.external.contains(input.topic);
  for (const auto& output : outputs) {
    if (output.topic != input.topic) continue;
    published = true;
    if (output.port->type_json != input.port->type_json) draft.error(input.at, type_error(output, input));
  }
  if (!published && !input.port->optional)
    draft.error(input.at, fmt::format("nothing publishes {}, which node {} reads as '{}'{}; list it under "
                                      "external: when another launch does",
                                      input.topic, input.node->host.settings.name, input.port->name,
                                      publisher_hint(input, outputs)));
}

void check_publishers(const std::vector<Port>& outputs, Draft& draft) {
  std::map<std::string, const Port*> first;
  for (const auto& output : outputs) {
    const Port& other = *first.emplace(output.topic, &output).first->second;
    if (other.port->type_json == output.port->type_json) continue;
    draft.error(output.at, fmt::format("topic {}: {} publishes {}, {} publishes {}: one topic has one type",
                                       output.topic, other.node->host.settings.name, other.port->type_name,
                                       output.node->host.settings.name, output.port->type_name));
  }
}

}  // namespace

void check_topics(Draft& draft) {
  const auto outputs = ports_of(draft, PortDirection::kOutput);
  for (const auto& input : ports_of(draft, PortDirection::kInput)) check_input(input, outputs, draft);
  check_publishers(outputs, draft);
}

void check_expectations(Draft& draft) {
  std::vector<std::string> topics;
  for (const auto& node : draft.plan.nodes) {
    for (const auto& port : node.description.ports) topics.push_back(node.topic_of(port));
  }
  for (const auto& [expected, at] : draft.document.expectations) {
    if (std::ranges::find(topics, expected.topic) == topics.end())
      draft.error(at, fmt::format("expect: no node has the topic {}{}", expected.topic,
                                  did_you_mean(expected.topic, topics)));
  }
}

}  // namespace tactus::launch_file
