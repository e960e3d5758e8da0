// SPDX-License-Identifier: Apache-2.0
// Document -> LaunchPlan: the parts checked against each other and against what the nodes declare.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "call_order.hpp"
#include "document.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/type_id.hpp"
#include "tactus/node_library.hpp"
#include "thread_conflicts.hpp"

namespace tactus {

namespace {

/// What a file says may hold anything; a terminal gets neither its control bytes nor pages of it.
std::string printable(const std::string& text) {
  constexpr std::size_t kMost = 1000;
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
    if (shown.size() > kMost) return shown + "...";
  }
  return shown;
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  return fmt::format("{}:{}:{}: {}", printable(diagnostic.location.file), diagnostic.location.line,
                     diagnostic.location.column, printable(diagnostic.message));
}

std::string warning_text(const Diagnostic& diagnostic) {
  return to_text({diagnostic.location, "warning: " + diagnostic.message});
}

std::string PlannedNode::topic_of(const PortDescription& port) const {
  return resolve_topic(port.name, host.settings.name, host.settings.remaps);
}

namespace launch_file {
namespace {

constexpr const char* kMain = "main";
constexpr const char* kSimulation = "simulation";

class Planner {
 public:
  Planner(const Document& document, const Describe* describe, std::vector<Diagnostic>& diagnostics)
      : document_{document}, describe_{describe}, diagnostics_{diagnostics} {}

  std::optional<LaunchPlan> plan() {
    plan_.file = document_.file;
    plan_.group = document_.group;
    plan_.realtime = document_.realtime;
    plan_.clock_rate = document_.clock_rate;
    plan_.simulated = document_.simulated;
    plan_.network = document_.network;
    for (const auto& expected : document_.expectations) plan_.expectations.push_back(expected.value);
    if (document_.nodes.empty()) error({document_.file, 1, 1}, "the file declares no nodes");
    for (const auto& entry : document_.nodes) add_node(entry);
    place_nodes();
    supervise_nodes(document_, plan_, diagnostics_);
    if (!diagnostics_.empty() || describe_ == nullptr) return std::nullopt;
    describe_all();
    if (!diagnostics_.empty()) return std::nullopt;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) check_node(plan_.nodes[i], document_.nodes[i]);
    check_topics();
    check_orders();
    check_expectations();
    check_chains();
    if (document_.simulated)
      check_simulated();
    else
      check_threads();
    if (!diagnostics_.empty()) return std::nullopt;
    fill_processes();
    supervise_processes(document_, plan_);
    return std::move(plan_);
  }

 private:
  void error(const Location& at, std::string message) { diagnostics_.push_back({at, std::move(message)}); }
  void warn(const Location& at, std::string message) { plan_.warnings.push_back({at, std::move(message)}); }

  static std::string names(const std::vector<std::string>& list) {
    return list.empty() ? "none" : fmt::format("{}", fmt::join(list, ", "));
  }

  void add_node(const NodeEntryText& entry) {
    PlannedNode node;
    node.location = entry.at;
    node.host.settings.name = entry.name_space + "/" + entry.name;
    for (const auto& [name, value] : entry.parameters) node.host.settings.parameters[name] = value.value;
    for (const auto& [name, topic] : entry.remaps) node.host.settings.remaps[name] = topic.value;
    for (const auto& [name, input] : entry.inputs) node.host.settings.inputs[name] = input.settings;
    for (const auto& [name, output] : entry.outputs) node.host.settings.outputs[name] = output.value;
    node.host.trigger = entry.trigger;
    node.host.trigger.on_overrun = entry.on_overrun.value_or(overrun_default(entry));
    node.host.deadline_ns = entry.deadline_ns;
    node.host.budget_ns = entry.budget_ns;
    node.host.thread = entry.thread;
    node.host.ends_launch = entry.ends_launch;
    node.host.takes_ns = entry.takes_ns;
    node.host.at = text_of(entry.at);
    const bool looping = entry.trigger.kind == TriggerKind::kSelfLooping;
    if (looping && entry.has_executor)
      error(entry.executor.at,
            fmt::format(
                "node '{}' is self-looping: it has a thread of its own; remove executor:, or set its thread:",
                entry.name));
    if (!looping) node.host.executor = entry.has_executor ? entry.executor.value : kMain;
    if (entry.has_executor) check_executor(entry);
    if (!entry.use.value.empty()) find_library(node, entry);
    plan_.nodes.push_back(std::move(node));
  }

  /// What the executor of a node says for those that say nothing.
  [[nodiscard]] OnOverrun overrun_default(const NodeEntryText& entry) const {
    const std::string& name = entry.has_executor ? entry.executor.value : kMain;
    const auto found = std::ranges::find_if(document_.executors,
                                            [&](const auto& other) { return other.executor.name == name; });
    const bool applies = entry.trigger.kind == TriggerKind::kEvery && found != document_.executors.end();
    return applies ? found->on_overrun : OnOverrun::kSkip;
  }

  void find_library(PlannedNode& node, const NodeEntryText& entry) {
    try {
      node.host.library = find_node_library(entry.use.value).string();
      if (const auto reason = incompatibility(read_node_note(node.host.library)); !reason.empty())
        error(entry.use.at, node.host.library + ": " + reason);
    } catch (const NodeLibraryError& problem) {
      error(entry.use.at, problem.what());
    } catch (const std::filesystem::filesystem_error& problem) {
      error(entry.use.at, fmt::format("use '{}': {}", entry.use.value, problem.code().message()));
    }
  }

  void check_executor(const NodeEntryText& entry) {
    std::vector<std::string> known{kMain};
    for (const auto& other : document_.executors) known.push_back(other.executor.name);
    if (std::ranges::find(known, entry.executor.value) != known.end()) return;
    const std::string near = nearest(entry.executor.value, known);
    const auto declared = std::ranges::find_if(
        document_.executors, [&](const auto& other) { return other.executor.name == near; });
    const std::string hint = near.empty() ? fmt::format(" (declared: {})", names(known))
                             : declared == document_.executors.end()
                                 ? fmt::format("; did you mean '{}'?", near)
                                 : fmt::format("; did you mean '{}' (line {})?", near, declared->at.line);
    error(entry.executor.at, fmt::format("executor '{}' is not declared{}", entry.executor.value, hint));
  }

  /// Which process holds which executor and which self-looping node. What nobody names is in `main`.
  void place_nodes() {
    std::map<std::string, std::string> process_of;
    std::vector<std::string> members{kMain};
    for (const auto& executor : document_.executors) members.push_back(executor.executor.name);
    for (const auto& entry : document_.nodes) {
      if (entry.trigger.kind == TriggerKind::kSelfLooping) members.push_back(entry.name);
    }
    for (const auto& process : document_.processes) {
      for (const auto& member : process.members) {
        if (std::ranges::find(members, member.value) == members.end()) {
          error(member.at, fmt::format("process '{}': '{}' is neither an executor nor a self-looping node{}",
                                       process.name, member.value, did_you_mean(member.value, members)));
        } else if (const auto [other, fresh] = process_of.emplace(member.value, process.name); !fresh) {
          error(member.at, fmt::format("'{}' is in process '{}' already", member.value, other->second));
        }
      }
    }
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      auto& node = plan_.nodes[i];
      const std::string key =
          node.host.trigger.kind == TriggerKind::kSelfLooping ? document_.nodes[i].name : node.host.executor;
      const auto found = process_of.find(key);
      node.process = found == process_of.end() ? kMain : found->second;
      if (is_program(node.host.library)) place_program(node, document_.nodes[i], found != process_of.end());
    }
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) check_alone(i);
  }

  /// Who has a main() of its own has a process of its own, and its own thread there.
  void place_program(PlannedNode& node, const NodeEntryText& entry, bool placed) {
    if (node.host.trigger.kind != TriggerKind::kSelfLooping && !entry.has_executor)
      node.host.executor = entry.name;
    if (!placed) node.process = entry.name;
    if (document_.simulated)
      error(entry.use.at,
            fmt::format("node '{}' is a program with a main() of its own: clock: simulated runs "
                        "all nodes in one process; use a shared object",
                        entry.name));
  }

  void check_alone(std::size_t i) {
    const PlannedNode& node = plan_.nodes[i];
    if (!is_program(node.host.library)) return;
    for (std::size_t other = 0; other < plan_.nodes.size(); ++other) {
      const HostNode& neighbour = plan_.nodes[other].host;
      const bool same_process = plan_.nodes[other].process == node.process;
      const bool same_executor = !neighbour.executor.empty() && neighbour.executor == node.host.executor;
      if (other == i || (!same_process && !same_executor)) continue;
      if (is_program(neighbour.library) && other < i) continue;  // said already
      return error(
          document_.nodes[i].use.at,
          fmt::format("node '{}' is a program with a main() of its own: it cannot share {} with node "
                      "'{}'; give each an executor and a process of its own",
                      document_.nodes[i].name,
                      same_process ? fmt::format("process '{}'", node.process)
                                   : fmt::format("executor '{}'", node.host.executor),
                      document_.nodes[other].name));
    }
  }

  void describe_all() {
    std::vector<DescribeRequest> requests;
    for (const auto& node : plan_.nodes)
      requests.push_back({node.host.library, node.host.settings.parameters});
    const auto results = (*describe_)(requests);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].description)
        plan_.nodes[i].description = *results[i].description;
      else
        error(document_.nodes[i].use.at,
              fmt::format("node '{}': {}", document_.nodes[i].name, results[i].error));
    }
  }

  void check_node(PlannedNode& node, const NodeEntryText& entry) {
    const bool looping = entry.trigger.kind == TriggerKind::kSelfLooping;
    if (looping && !node.description.has_run && !node.description.has_coroutine)
      error(entry.at,
            fmt::format("node '{}' has no run(): it cannot be self-looping; use every:, on: or on_all:",
                        entry.name));
    const bool waits = entry.trigger.kind == TriggerKind::kCoroutine;
    if (waits && !node.description.has_coroutine)
      error(
          entry.at,
          fmt::format("node '{}' needs exactly one of every:, on:, on_all: and self_looping: true; it has 0",
                      entry.name));
    if (!waits && node.description.has_coroutine)
      error(entry.at, fmt::format("node '{}' is a coroutine, it waits itself: name its executor: and remove "
                                  "every:, on:, on_all: and self_looping:",
                                  entry.name));
    if (!looping && !node.description.has_step && !node.description.has_coroutine)
      error(entry.at,
            fmt::format("node '{}' has no step(): it loops by itself; use self_looping: true", entry.name));
    check_parameters(node, entry);
    std::vector<std::string> ports, inputs, outputs;
    for (const auto& port : node.description.ports) {
      ports.push_back(port.name);
      (port.direction == PortDirection::kInput ? inputs : outputs).push_back(port.name);
    }
    for (const auto& [name, topic] : entry.remaps) {
      if (std::ranges::find(ports, name) == ports.end()) {
        error(topic.at, fmt::format("remap: node '{}' has no input or output '{}'{} (it has {})", entry.name,
                                    name, did_you_mean(name, ports), names(ports)));
      }
    }
    for (const auto& [name, output] : entry.outputs)
      check_declared(entry, "output", name, outputs, output.at);
    for (const auto& [name, input] : entry.inputs) check_declared(entry, "input", name, inputs, input.at);
    for (auto& port : node.description.ports) {
      override_port(port, entry);
      check_port(node, entry, port);
    }
    check_trigger(node, entry);
    check_stale_after(node, entry);
  }

  void check_declared(const NodeEntryText& entry, const std::string& what, const std::string& name,
                      const std::vector<std::string>& declared, const Location& at) {
    if (std::ranges::find(declared, name) != declared.end()) return;
    error(at, fmt::format("{0}s: node '{1}' has no {0} '{2}'{3} (it has {4})", what, entry.name, name,
                          did_you_mean(name, declared), names(declared)));
  }

  /// From here on the description says what will be, not what the node declares.
  static void override_port(PortDescription& port, const NodeEntryText& entry) {
    if (const auto input = entry.inputs.find(port.name); input != entry.inputs.end()) {
      if (input->second.settings.depth != 0) port.depth = input->second.settings.depth;
      port.optional = input->second.optional.value_or(port.optional);
    }
    if (const auto output = entry.outputs.find(port.name); output != entry.outputs.end()) {
      const OutputSettings& given = output->second.value;
      if (given.max_bytes != 0) {
        port.max_bytes = given.max_bytes;
        port.max_bytes_guessed = false;
      }
      if (given.history >= 0) port.history = static_cast<std::uint32_t>(given.history);
      if (given.max_loans != 0) port.max_loans = given.max_loans;
    }
  }

  /// Only who is called while nothing arrives can be told.
  void check_stale_after(const PlannedNode& node, const NodeEntryText& entry) {
    for (const auto& [name, input] : entry.inputs) {
      if (input.settings.stale_after_ns == 0) continue;
      const std::string topic = resolve_topic(name, node.host.settings.name, node.host.settings.remaps);
      const auto& topics = node.host.trigger.topics;
      const bool waits = entry.trigger.kind == TriggerKind::kCoroutine;
      if (waits || entry.trigger.kind == TriggerKind::kSelfLooping)
        error(input.stale_after_at, fmt::format("node '{}' is {}: it looks at the age of '{}' itself; "
                                                "remove stale_after:",
                                                entry.name, waits ? "a coroutine" : "self-looping", name));
      else if (std::ranges::find(topics, topic) != topics.end())
        error(input.stale_after_at, fmt::format("node '{}' is called by '{}': while nothing arrives there, "
                                                "nobody is told; remove stale_after:",
                                                entry.name, name));
    }
  }

  void check_port(const PlannedNode& node, const NodeEntryText& entry, const PortDescription& port) {
    const std::string topic = node.topic_of(port);
    if (const auto bad = topic_name_error(topic); !bad.empty()) {
      const auto remap = entry.remaps.find(port.name);
      error(remap == entry.remaps.end() ? entry.at : remap->second.at,
            fmt::format("topic '{}' of '{}': {}", topic, port.name, bad));
    }
    constexpr std::size_t kWorthAWord = std::size_t{64} << 10;  // a guess for short strings is not
    if (port.direction == PortDirection::kOutput && port.max_bytes_guessed && port.max_bytes > kWorthAWord) {
      plan_.notes.push_back(fmt::format(
          "{}: output '{}' ({}) declares no max_bytes: {} are taken; set outputs: {{{}: {{max_bytes: N}}}}",
          node.host.settings.name, port.name, port.type_name, port.max_bytes, port.name));
    }
  }

  void check_parameters(PlannedNode& node, const NodeEntryText& entry) {
    std::vector<std::string> known;
    for (const auto& declared : node.description.parameters) known.push_back(declared.name);
    for (const auto& [name, given] : entry.parameters) {
      const auto declared = std::ranges::find(node.description.parameters, name, &ParameterDescription::name);
      if (declared == node.description.parameters.end()) {
        error(given.at, fmt::format("node '{}' has no parameter '{}'{} (it has {})", entry.name, name,
                                    did_you_mean(name, known), names(known)));
        continue;
      }
      // A text that looks like a number is a text where a text is declared.
      ParameterValue value = given.value;
      if (std::holds_alternative<std::string>(declared->initial) &&
          !std::holds_alternative<std::string>(value)) {
        value = entry.parameter_texts.at(name);
      }
      try {
        node.host.settings.parameters[name] = checked_parameter(*declared, value);
      } catch (const std::invalid_argument& problem) {
        error(given.at, fmt::format("node '{}': {}", entry.name, problem.what()));
      }
    }
  }

  void check_trigger(PlannedNode& node, const NodeEntryText& entry) {
    std::vector<std::string> inputs;
    for (const auto& port : node.description.ports) {
      if (port.direction == PortDirection::kInput) inputs.push_back(node.topic_of(port));
    }
    for (const auto& given : entry.trigger_topics) {
      const std::string topic =
          resolve_topic(given.value, node.host.settings.name, node.host.settings.remaps);
      if (std::ranges::find(inputs, topic) == inputs.end()) {
        error(given.at, fmt::format("node '{}' does not read {}{} (it reads {})", entry.name, topic,
                                    did_you_mean(topic, inputs), inputs.empty() ? "nothing" : names(inputs)));
      }
      if (std::ranges::find(node.host.trigger.topics, topic) != node.host.trigger.topics.end()) {
        error(given.at, fmt::format("node '{}': on_all names {} twice", entry.name, topic));
      }
      node.host.trigger.topics.push_back(topic);
    }
  }

  struct Port {
    const PlannedNode* node;
    const PortDescription* port;
    std::string topic;
    std::string rihs_type;
  };

  void check_topics() {
    std::vector<Port> outputs, inputs;
    for (const auto& node : plan_.nodes) {
      for (const auto& port : node.description.ports) {
        (port.direction == PortDirection::kOutput ? outputs : inputs)
            .push_back({&node, &port, node.topic_of(port), {}});
      }
    }
    for (const auto& input : inputs) {
      bool published = document_.external.contains(input.topic);
      for (const auto& output : outputs) {
        if (output.topic != input.topic) continue;
        published = true;
        if (output.port->type_json != input.port->type_json)
          error(location_of(input), type_error(output, input));
      }
      if (!published && !input.port->optional) error(location_of(input), nobody_publishes(input, outputs));
    }
    check_publishers(outputs);
  }

  void check_publishers(const std::vector<Port>& outputs) {
    std::map<std::string, const Port*> first;
    for (const auto& output : outputs) {
      const Port& other = *first.emplace(output.topic, &output).first->second;
      if (other.port->type_json == output.port->type_json) continue;
      error(location_of(output),
            fmt::format("topic {}: {} publishes {}, {} publishes {}: one topic has one type", output.topic,
                        other.node->host.settings.name, other.port->type_name,
                        output.node->host.settings.name, output.port->type_name));
    }
  }

  [[nodiscard]] Location location_of(const Port& port) const {
    const auto& entry = document_.nodes[static_cast<std::size_t>(port.node - plan_.nodes.data())];
    const auto remap = entry.remaps.find(port.port->name);
    return remap == entry.remaps.end() ? entry.at : remap->second.at;
  }

  static std::string type_error(const Port& output, const Port& input) {
    const auto here = DynamicType::parse(output.port->type_json),
               there = DynamicType::parse(input.port->type_json);
    return fmt::format("topic {}: {} publishes {}, {} reads {}: {} (here: the publisher)", input.topic,
                       output.node->host.settings.name, output.port->type_name,
                       input.node->host.settings.name, input.port->type_name,
                       first_difference(here.info(), there.info()));
  }

  static std::string nobody_publishes(const Port& input, const std::vector<Port>& outputs) {
    std::vector<std::string> topics;
    for (const auto& output : outputs) {
      if (output.port->type_name == input.port->type_name) topics.push_back(output.topic);
    }
    std::string hint;
    for (const auto& output : outputs) {
      if (output.port->type_name != input.port->type_name || output.node == input.node) continue;
      const bool near = output.port->name == input.port->name ||
                        output.topic == nearest(input.topic, topics) ||
                        input.topic.ends_with("/" + output.port->name);
      if (near) {
        hint = fmt::format(" ({} publishes {}: add remap {{{}: {}}} there)", output.node->host.settings.name,
                           output.topic, output.port->name, input.topic);
        break;
      }
    }
    return fmt::format(
        "nothing publishes {}, which node {} reads as '{}'{}; list it under external: when another launch "
        "does",
        input.topic, input.node->host.settings.name, input.port->name, hint);
  }

  void check_orders() {
    for (const auto& entry : document_.executors) check_order(entry);
  }

  /// An order names every node of its executor once.
  void check_order(const ExecutorEntry& entry) {
    if (entry.order.empty()) return;
    std::vector<std::string> mine, left;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      if (plan_.nodes[i].host.executor == entry.executor.name) mine.push_back(document_.nodes[i].name);
    }
    left = mine;
    for (const auto& [name, at] : entry.order) {
      if (std::erase(left, name) > 0) continue;
      const bool twice = std::ranges::find(mine, name) != mine.end();
      error(at,
            twice ? fmt::format("order of executor '{}': '{}' stands there twice", entry.executor.name, name)
                  : fmt::format("order of executor '{}': it does not call '{}'{} (it calls {})",
                                entry.executor.name, name, did_you_mean(name, mine), names(mine)));
    }
    for (const std::string& name : left)
      error(entry.order.front().at,
            fmt::format("order of executor '{}': '{}' is missing; name all of its nodes", entry.executor.name,
                        name));
    warn_of_order(entry);
  }

  /// An order counts more than the data flow. What it makes late without saying so is hardly meant.
  void warn_of_order(const ExecutorEntry& entry) {
    HostExecutor executor = entry.executor;
    const auto by_data_flow = late_reads_of(order_of(executor));
    executor.order = full_order(entry);
    for (const LateRead& late : late_reads_of(order_of(executor))) {
      if (late.reader->is_delayed(*late.input) || std::ranges::count(by_data_flow, late) > 0) continue;
      const std::string reader = late.reader->host.settings.name, writer = late.writer->host.settings.name;
      warn(place_in_order(entry, *late.reader),
           fmt::format(
               "order of executor '{}': {} is called before {}, whose {} it reads: it sees each message "
               "one pass later; put {} after {}, or, where that is meant, say so at {}: inputs: {{{}: "
               "{{delayed: true}}}}",
               executor.name, reader, writer, late.topic, reader, writer, reader, late.input->name));
    }
  }

  [[nodiscard]] std::vector<const PlannedNode*> order_of(const HostExecutor& executor) const {
    const auto mine = [&](const PlannedNode& node) { return node.host.executor == executor.name; };
    const auto any = std::ranges::find_if(plan_.nodes, mine);
    return any == plan_.nodes.end() ? std::vector<const PlannedNode*>{}
                                    : call_order_of(plan_, any->process, executor);
  }

  [[nodiscard]] Location place_in_order(const ExecutorEntry& entry, const PlannedNode& node) const {
    const std::string& name = document_.nodes[static_cast<std::size_t>(&node - plan_.nodes.data())].name;
    const auto found = std::ranges::find(entry.order, name, &Located<std::string>::value);
    return found == entry.order.end() ? entry.at : found->at;
  }

  /// Full names, as the host needs them.
  [[nodiscard]] std::vector<std::string> full_order(const ExecutorEntry& entry) const {
    std::vector<std::string> order;
    for (const auto& name : entry.order) {
      for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
        if (plan_.nodes[i].host.executor == entry.executor.name && document_.nodes[i].name == name.value)
          order.push_back(plan_.nodes[i].host.settings.name);
      }
    }
    return order;
  }

  void check_expectations() {
    std::vector<std::string> topics;
    for (const auto& node : plan_.nodes) {
      for (const auto& port : node.description.ports) topics.push_back(node.topic_of(port));
    }
    for (const auto& [expected, at] : document_.expectations) {
      if (std::ranges::find(topics, expected.topic) == topics.end()) {
        error(at, fmt::format("expect: no node has the topic {}{}", expected.topic,
                              did_you_mean(expected.topic, topics)));
      }
    }
  }

  void check_chains() {
    std::vector<std::string> published(document_.external.begin(), document_.external.end());
    for (const auto& node : plan_.nodes) {
      for (const auto& port : node.description.ports)
        if (port.direction == PortDirection::kOutput) published.push_back(node.topic_of(port));
    }
    if (document_.chains.size() > kMaxChains)
      error(document_.chains[kMaxChains].at, fmt::format("{} chains are declared, a launch has at most {}",
                                                         document_.chains.size(), kMaxChains));
    for (const auto& chain : document_.chains) check_chain(chain, published);
    for (const auto& node : plan_.nodes) {
      for (const auto& name : node.description.chains) warn_of_unknown_chain(node, name);
    }
  }

  void check_chain(const ChainEntry& chain, const std::vector<std::string>& published) {
    bool known = true;
    for (const auto& topic : {chain.first, chain.last}) {
      if (std::ranges::find(published, topic.value) != published.end()) continue;
      known = false;
      error(topic.at, fmt::format("chain '{}': nothing publishes {}{}", chain.name, topic.value,
                                  did_you_mean(topic.value, published)));
    }
    if (!known) return;
    if (chain.first.value == chain.last.value) {
      return error(chain.last.at, fmt::format("chain '{}' begins and ends with {}: name two topics",
                                              chain.name, chain.last.value));
    }
    const auto way = way_through(chain.first.value, chain.last.value);
    if (way.empty()) {
      return error(chain.at, fmt::format("chain '{}': no data flows from {} to {}", chain.name,
                                         chain.first.value, chain.last.value));
    }
    const auto hash = fnv1a(chain.name + "|" + chain.first.value);
    const auto id = static_cast<std::uint32_t>(hash ^ (hash >> 32));
    plan_.chains.push_back({{chain.name, std::max(id, 1U), chain.first.value, chain.last.value}, way});
  }

  /// Names of the nodes on the shortest way of the data from one topic to another; empty when there is none.
  [[nodiscard]] std::vector<std::string> way_through(const std::string& first,
                                                     const std::string& last) const {
    std::map<std::string, std::vector<std::string>> ways{{first, {}}};
    std::vector<std::string> open{first};
    for (std::size_t next = 0; next < open.size(); ++next) {
      const std::string topic = open[next];
      for (const auto& node : plan_.nodes) {
        if (!has_port(node, PortDirection::kInput, topic)) continue;
        for (const auto& port : node.description.ports) {
          if (port.direction != PortDirection::kOutput) continue;
          const auto [way, fresh] = ways.emplace(node.topic_of(port), ways.at(topic));
          if (!fresh) continue;
          way->second.push_back(node.host.settings.name);
          open.push_back(way->first);
        }
      }
    }
    const auto found = ways.find(last);
    return found == ways.end() ? std::vector<std::string>{} : found->second;
  }

  static bool has_port(const PlannedNode& node, PortDirection direction, const std::string& topic) {
    return std::ranges::any_of(node.description.ports, [&](const PortDescription& port) {
      return port.direction == direction && node.topic_of(port) == topic;
    });
  }

  void warn_of_unknown_chain(const PlannedNode& node, const std::string& name) {
    std::vector<std::string> known;
    for (const auto& chain : document_.chains) known.push_back(chain.name);
    if (std::ranges::find(known, name) == known.end())
      warn(node.location,
           fmt::format("{} asks for the chain '{}', which chains: does not declare{}: it sees no origins",
                       node.host.settings.name, name, did_you_mean(name, known)));
  }

  /// Virtual time exists in one process: nothing goes out of it, nothing comes in.
  void check_simulated() {
    if (document_.network)
      error(document_.clock_at,
            "clock: simulated has no network: nothing reaches other hosts on virtual time; "
            "remove network:, or the simulated clock");
    for (const std::string& topic : document_.external)
      error(document_.clock_at, fmt::format("clock: simulated has no external topics: {} of another launch "
                                            "cannot come in; publish it here",
                                            topic));
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      const NodeEntryText& entry = document_.nodes[i];
      const bool loops = entry.trigger.kind == TriggerKind::kSelfLooping;
      if (loops && entry.takes_ns < 0)
        error(entry.at, fmt::format("node '{}' is self-looping: with clock: simulated say how long a round "
                                    "takes it, takes: 30ms; 0ms when it paces itself, as sources do",
                                    entry.name));
      plan_.nodes[i].process = kSimulation;
    }
    plan_.realtime = RealtimeMode::kOff;
    plan_.clock_rate = 0;
  }

  static std::string text_of(const Location& at) {
    return at.line == 0 ? "" : fmt::format("{}:{}:{}", at.file, at.line, at.column);
  }

  void check_threads() {
    std::vector<PlannedThread> threads;
    std::map<std::string, std::size_t> thread_of;  // by executor
    for (const auto& entry : document_.executors) {
      thread_of[entry.executor.name] = threads.size();
      threads.push_back({fmt::format("executor '{}'", entry.executor.name),
                         entry.at,
                         {},
                         entry.executor.thread,
                         entry.executor.spin_ns > 0});
    }
    for (const auto& node : plan_.nodes) {
      const auto found = thread_of.find(node.host.executor);
      if (found == thread_of.end() && !node.host.executor.empty()) continue;
      if (found == thread_of.end())
        threads.push_back(
            {fmt::format("node '{}'", node.host.settings.name), node.location, {}, node.host.thread});
      PlannedThread& thread = found == thread_of.end() ? threads.back() : threads[found->second];
      // Without a network all processes are here; with one each may be on a host of its own.
      if (document_.network) thread.host = node.process;
      thread.waits_for.insert(node.host.trigger.topics.begin(), node.host.trigger.topics.end());
      for (const auto& port : node.description.ports) {
        if (port.direction == PortDirection::kOutput) thread.publishes.insert(node.topic_of(port));
      }
    }
    auto found = find_thread_conflicts(threads, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
    for (auto& problem : found.errors) diagnostics_.push_back(std::move(problem));
    for (auto& warning : found.warnings) plan_.warnings.push_back(std::move(warning));
  }

  /// As the file says; else 50 us, and not more than a twentieth of the shortest period.
  [[nodiscard]] std::int64_t margin_of(const ExecutorEntry& entry) {
    constexpr std::int64_t kUsualNs = 50'000;
    std::int64_t shortest_ns = std::numeric_limits<std::int64_t>::max();
    for (const auto& node : plan_.nodes) {
      if (node.host.executor == entry.executor.name && node.host.trigger.kind == TriggerKind::kEvery)
        shortest_ns = std::min(shortest_ns, node.host.trigger.period_ns);
    }
    const bool ticks = shortest_ns != std::numeric_limits<std::int64_t>::max();
    if (!ticks || entry.executor.thread.policy == ThreadPolicy::kOther) return 0;
    return entry.margin_ns ? entry.margin_ns->value : std::min(kUsualNs, shortest_ns / 20);
  }

  void fill_processes() {
    const auto process = [this](const std::string& name) -> HostSettings& {
      const auto found = std::ranges::find(plan_.processes, name, &HostSettings::process);
      if (found != plan_.processes.end()) return *found;
      auto& settings = plan_.processes.emplace_back();
      settings.process = name;
      settings.group = plan_.group;
      settings.realtime = plan_.realtime;
      settings.realtime_at = text_of(document_.realtime_at);
      settings.clock_rate = plan_.clock_rate;
      settings.simulated = plan_.simulated;
      for (const auto& chain : plan_.chains) settings.chains.push_back(chain.settings);
      return settings;
    };
    for (const auto& node : plan_.nodes) {
      HostSettings& settings = process(node.process);
      settings.nodes.push_back(node.host);
      if (is_program(node.host.library)) settings.program = node.host.library;
      const std::string& name = node.host.executor;
      if (name.empty() ||
          std::ranges::find(settings.executors, name, &HostExecutor::name) != settings.executors.end())
        continue;
      const auto declared = std::ranges::find_if(
          document_.executors, [&](const auto& entry) { return entry.executor.name == name; });
      if (declared == document_.executors.end()) {
        settings.executors.push_back({name, {}, 0});
      } else {
        settings.executors.push_back(declared->executor);
        settings.executors.back().order = full_order(*declared);
        settings.executors.back().margin_ns = margin_of(*declared);
        settings.executors.back().at = text_of(declared->at);
      }
    }
    for (const auto& entry : document_.executors) {
      const bool used = std::ranges::any_of(
          plan_.nodes, [&](const auto& node) { return node.host.executor == entry.executor.name; });
      if (!used)
        warn(entry.at, fmt::format("executor '{}' calls no node and is not started", entry.executor.name));
    }
  }

  const Document& document_;
  const Describe* describe_;
  std::vector<Diagnostic>& diagnostics_;
  LaunchPlan plan_;
};

}  // namespace

std::optional<LaunchPlan> make_plan(const Document& document, const Describe* describe,
                                    std::vector<Diagnostic>& diagnostics) {
  return Planner{document, describe, diagnostics}.plan();
}

}  // namespace launch_file

LoadedLaunch load_launch_file(const std::filesystem::path& file, const LaunchOptions& options,
                              const Describe& describe) {
  LoadedLaunch loaded;
  const auto document = launch_file::read_document(file, options, loaded.diagnostics);
  const bool readable = loaded.diagnostics.empty();
  // What stands in the file is checked further even when some of it was wrong: all errors at once.
  std::vector<Diagnostic> found;
  if (!document.nodes.empty() || readable)
    loaded.plan = launch_file::make_plan(document, readable ? &describe : nullptr, found);
  loaded.diagnostics.insert(loaded.diagnostics.end(), found.begin(), found.end());
  std::ranges::stable_sort(loaded.diagnostics, {}, [](const Diagnostic& d) {
    return std::tuple{d.location.file, d.location.line, d.location.column};
  });
  return loaded;
}

std::vector<LaunchArgument> launch_arguments(const std::filesystem::path& file) {
  std::vector<Diagnostic> ignored;
  return launch_file::read_document(file, {}, ignored).args;
}

}  // namespace tactus
