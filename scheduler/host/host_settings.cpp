// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/host_settings.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tactus/node_description.hpp"

namespace tactus {

using nlohmann::json;

NLOHMANN_JSON_SERIALIZE_ENUM(TriggerKind, {{TriggerKind::kEvery, "every"},
                                           {TriggerKind::kOn, "on"},
                                           {TriggerKind::kOnAll, "on_all"},
                                           {TriggerKind::kSelfLooping, "self_looping"},
                                           {TriggerKind::kCoroutine, "coroutine"}})
NLOHMANN_JSON_SERIALIZE_ENUM(OnOverrun, {{OnOverrun::kSkip, "skip"},
                                         {OnOverrun::kCatchUp, "catch_up"},
                                         {OnOverrun::kFault, "fault"}})
NLOHMANN_JSON_SERIALIZE_ENUM(ThreadPolicy, {{ThreadPolicy::kOther, "other"},
                                            {ThreadPolicy::kFifo, "fifo"},
                                            {ThreadPolicy::kRoundRobin, "rr"}})
NLOHMANN_JSON_SERIALIZE_ENUM(RealtimeMode, {{RealtimeMode::kOff, "off"},
                                            {RealtimeMode::kPreferred, "preferred"},
                                            {RealtimeMode::kRequired, "required"}})
NLOHMANN_JSON_SERIALIZE_ENUM(RestartWhen, {{RestartWhen::kOnFailure, "on_failure"},
                                           {RestartWhen::kAlways, "always"},
                                           {RestartWhen::kNever, "never"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RestartSettings, when, most, window_ns, backoff_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProcessSupervision, restart, essential, stop_within_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ThreadSettings, policy, priority, cpus)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Trigger, kind, period_ns, offset_ns, topics, tolerance_ns, on_overrun)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChainSettings, name, origin_id, first, last)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HostExecutor, name, thread, spin_ns, order, margin_ns, at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InputSettings, depth, delayed, stale_after_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OutputSettings, max_bytes, history, max_loans)

static void to_json(json& out, const NodeSettings& node) {
  json parameters = json::object();
  for (const auto& [name, value] : node.parameters) {
    // The kind travels too: JSON does not tell 9 from 9.0.
    parameters[name] = {{"kind", kind_name(value)}, {"value", to_json(value)}};
  }
  json remaps = json::object();
  for (const auto& [from, to] : node.remaps) remaps[from] = to;
  out = {{"name", node.name},
         {"remaps", remaps},
         {"parameters", parameters},
         {"inputs", node.inputs},
         {"outputs", node.outputs}};
}

static void from_json(const json& in, NodeSettings& node) {
  in.at("name").get_to(node.name);
  for (const auto& [from, to] : in.at("remaps").items()) node.remaps[from] = to.get<std::string>();
  for (const auto& [name, parameter] : in.at("parameters").items()) {
    ParameterValue value = parameter_from_json(parameter.at("value"));
    if (parameter.at("kind") == "float") value = parameter.at("value").get<double>();
    node.parameters[name] = std::move(value);
  }
  in.at("inputs").get_to(node.inputs);
  in.at("outputs").get_to(node.outputs);
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HostNode, settings, library, executor, trigger, deadline_ns, budget_ns,
                                   thread, takes_ns, ends_launch, at, restart, hang_after_ns, start_after)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HostSettings, process, program, group, realtime, realtime_at, simulated,
                                   run_for_ns, clock_rate, chains, supervision, log_file, executors, nodes)

std::string to_json_text(const HostSettings& settings) { return json(settings).dump(); }

HostSettings host_settings_from_json(std::string_view text) {
  try {
    return json::parse(text).get<HostSettings>();
  } catch (const json::exception& error) {
    throw std::invalid_argument{fmt::format("the plan of the process is malformed: {}", error.what())};
  }
}

}  // namespace tactus
