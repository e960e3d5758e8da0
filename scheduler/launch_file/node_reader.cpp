// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sections.hpp"
#include "supervision_reader.hpp"
#include "tactus/middleware/transport.hpp"
#include "thread_reader.hpp"

namespace tactus::launch_file {
namespace {

constexpr std::int64_t kLeastPeriodNs = 1000;

/// `nodes:`
class NodeReader : public ThreadReader {
 public:
  NodeReader(const YamlReader& reader, Document& document)
      : ThreadReader{reader, document}, document_{document} {}

  void read_nodes(const YAML::Node& node) {
    each_entry(
        node, "nodes", [this](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          NodeEntryText entry;
          entry.name = name;
          entry.at = at(key);
          Handlers handlers = node_handlers(entry);
          SupervisionReader supervision{*this};
          supervision.add_node_keys(entry, handlers);
          Handlers thread;
          read_thread(entry.thread, thread);
          handlers["thread"] = [&](const YAML::Node& n) {
            each_key(n, "thread", thread);
            check_thread(entry.thread, "thread", at(n));
          };
          each_key(value, "node '" + name + "'", handlers);
          if (!value.IsMap()) return;
          if (entry.triggers == 0)
            entry.trigger.kind = TriggerKind::kCoroutine;  // the plan looks whether it is one
          check_applies(value, "offset", entry, {TriggerKind::kEvery}, "every:");
          check_applies(value, "tolerance", entry, {TriggerKind::kOnAll}, "on_all:");
          check_applies(value, "thread", entry, {TriggerKind::kSelfLooping},
                        "self_looping: true; others run on the thread of their executor");
          check_applies(value, "ends_launch", entry, {TriggerKind::kSelfLooping, TriggerKind::kCoroutine},
                        "self_looping: true and coroutines; others do not end by themselves");
          check_applies(value, "takes", entry, {TriggerKind::kSelfLooping},
                        "self_looping: true; calls of others take no simulated time");
          check_applies(value, "on_overrun", entry, {TriggerKind::kEvery}, "every:");
          for (const char* timing : {"deadline", "budget"}) {
            check_applies(
                value, timing, entry,
                {TriggerKind::kEvery, TriggerKind::kOn, TriggerKind::kOnAll, TriggerKind::kCoroutine},
                "every:, on:, on_all: and coroutines");
          }
          if (entry.use.value.empty())
            error(entry.at, fmt::format("node '{}' does not say which library it is: add use:", name));
          if (entry.triggers > 1) {
            error(entry.at,
                  fmt::format(
                      "node '{}' needs exactly one of every:, on:, on_all: and self_looping: true; it has {}",
                      name, entry.triggers));
          }
          const auto same = std::ranges::find_if(document_.nodes, [&](const auto& other) {
            return other.name == name && other.name_space == entry.name_space;
          });
          if (same != document_.nodes.end())
            error(entry.at,
                  fmt::format("node '{}' is declared already at {}:{}", name, same->at.file, same->at.line));
          document_.nodes.push_back(std::move(entry));
        });
  }

 private:
  /// A setting that would be ignored is an error.
  void check_applies(const YAML::Node& node, const std::string& key, const NodeEntryText& entry,
                     const std::vector<TriggerKind>& kinds, const std::string& where) {
    if (entry.triggers > 1 || !node[key] || std::ranges::find(kinds, entry.trigger.kind) != kinds.end())
      return;
    error(at(node[key]), fmt::format("node '{}': {}: goes with {}", entry.name, key, where));
  }

  Handlers node_handlers(NodeEntryText& entry) {
    return {
        {"use",
         [&](const YAML::Node& n) {
           entry.use = {text(n, "use").value_or(""), at(n)};
         }},
        {"executor",
         [&](const YAML::Node& n) {
           entry.executor = {text(n, "executor").value_or(""), at(n)};
           entry.has_executor = true;
         }},
        {"namespace", [&](const YAML::Node& n) { read_namespace(n, entry); }},
        {"every", [&](const YAML::Node& n) { read_every(n, entry); }},
        {"offset", [&](const YAML::Node& n) { entry.trigger.offset_ns = duration(n, "offset").value_or(0); }},
        {"on", [&](const YAML::Node& n) { read_on(n, entry); }},
        {"on_all", [&](const YAML::Node& n) { read_on_all(n, entry); }},
        {"tolerance",
         [&](const YAML::Node& n) { entry.trigger.tolerance_ns = duration(n, "tolerance").value_or(0); }},
        {"self_looping", [&](const YAML::Node& n) { read_self_looping(n, entry); }},
        {"deadline", [&](const YAML::Node& n) { entry.deadline_ns = limit(n, "deadline").value_or(0); }},
        {"ends_launch",
         [&](const YAML::Node& n) { entry.ends_launch = boolean(n, "ends_launch").value_or(false); }},
        {"parameters", [&](const YAML::Node& n) { read_parameters(n, entry); }},
        {"remap", [&](const YAML::Node& n) { read_remaps(n, entry); }},
        {"inputs", [&](const YAML::Node& n) { read_inputs(n, entry); }},
        {"outputs", [&](const YAML::Node& n) { read_outputs(n, entry); }},
        {"budget", [&](const YAML::Node& n) { entry.budget_ns = limit(n, "budget").value_or(0); }},
        {"on_overrun", [&](const YAML::Node& n) { entry.on_overrun = read_on_overrun(n); }},
        {"takes", [&](const YAML::Node& n) { entry.takes_ns = duration(n, "takes").value_or(0); }},
        {"stale_after", of_an_input("stale_after", "30ms")},
        {"delayed", of_an_input("delayed", "true")},
        {"optional", of_an_input("optional", "true")},
        {"depth", of_an_input("depth", "8")}};
  }

  Handler of_an_input(const std::string& key, const std::string& value) {
    return [this, key, value](const YAML::Node& node) {
      error(at(node), fmt::format("{0} belongs to an input: inputs: {{NAME: {{{0}: {1}}}}}", key, value));
    };
  }

  void read_inputs(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "inputs",
        [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          InputEntry& input = entry.inputs[name];
          input.at = at(key);
          each_key(
              value, "input '" + name + "'",
              {{"depth",
                [&](const YAML::Node& n) {
                  input.settings.depth =
                      static_cast<std::uint32_t>(integer(n, "depth", 1, kMaxDepth).value_or(0));
                }},
               {"optional", [&](const YAML::Node& n) { input.optional = boolean(n, "optional"); }},
               {"delayed",
                [&](const YAML::Node& n) { input.settings.delayed = boolean(n, "delayed").value_or(false); }},
               {"stale_after", [&](const YAML::Node& n) {
                  input.settings.stale_after_ns = limit(n, "stale_after").value_or(0);
                  input.stale_after_at = at(n);
                }}});
        },
        any_name);
  }

  void read_namespace(const YAML::Node& node, NodeEntryText& entry) {
    const auto value = text(node, "namespace");
    if (!value) return;
    entry.name_space = value->starts_with('/') ? *value : "/" + *value;
    if (const auto bad = topic_name_error(entry.name_space); !bad.empty())
      error(at(node), fmt::format("namespace '{}': {}", *value, bad));
  }

  void read_every(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kEvery;
    const auto value = text(node, "every");
    if (!value) return;
    if (const auto hz = frequency_hz(*value))
      entry.trigger.period_ns = std::llround(1e9 / *hz);
    else if (const auto ns = duration_ns(*value))
      entry.trigger.period_ns = *ns;
    if (entry.trigger.period_ns >= kLeastPeriodNs) return;
    error(at(node), fmt::format("every is '{}', not a period such as 5ms (1us to 1h) or a frequency such as "
                                "90Hz (up to 1000000Hz)",
                                *value));
  }

  void add_trigger_topic(const YAML::Node& node, NodeEntryText& entry) {
    if (const auto topic = text(node, "a topic")) entry.trigger_topics.push_back({*topic, at(node)});
  }

  void read_on(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kOn;
    add_trigger_topic(node, entry);
  }

  void read_on_all(const YAML::Node& node, NodeEntryText& entry) {
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kOnAll;
    if (!node.IsSequence() || node.size() < 2)
      return error(at(node), "on_all is a list of two or more topics, [/left, /right]");
    for (const auto& topic : node) add_trigger_topic(topic, entry);
  }

  void read_self_looping(const YAML::Node& node, NodeEntryText& entry) {
    if (!boolean(node, "self_looping").value_or(false)) return;
    ++entry.triggers;
    entry.trigger.kind = TriggerKind::kSelfLooping;
  }

  void read_parameters(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(node, "parameters", [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
      const auto raw = text(value, "parameter '" + name + "'");
      if (!raw) return;
      // Quoted values are texts; others are what they look like.
      entry.parameters[name] = {value.Tag() == "!" ? ParameterValue{*raw} : guess(*raw), at(value)};
      entry.parameter_texts[name] = *raw;
    });
  }

  void read_remaps(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "remap",
        [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
          if (const auto topic = text(value, "remap")) entry.remaps[name] = {*topic, at(value)};
        },
        any_name);
  }

  void read_outputs(const YAML::Node& node, NodeEntryText& entry) {
    each_entry(
        node, "outputs",
        [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          entry.outputs[name].at = at(key);
          OutputSettings& output = entry.outputs[name].value;
          each_key(value, "output '" + name + "'",
                   {{"max_bytes",
                     [&](const YAML::Node& n) {
                       const auto bytes = integer(n, "max_bytes", 64, (std::int64_t{16} << 20) - 512);
                       output.max_bytes = static_cast<std::size_t>(bytes.value_or(0));
                     }},
                    {"history",
                     [&](const YAML::Node& n) {
                       output.history = static_cast<int>(integer(n, "history", 0, kMaxHistory).value_or(0));
                     }},
                    {"max_loans", [&](const YAML::Node& n) {
                       output.max_loans =
                           static_cast<std::uint32_t>(integer(n, "max_loans", 1, kMaxLoans).value_or(1));
                     }}});
        },
        any_name);
  }

  Document& document_;
};

}  // namespace

void read_nodes(const YAML::Node& node, const YamlReader& reader, Document& document) {
  NodeReader{reader, document}.read_nodes(node);
}

}  // namespace tactus::launch_file
