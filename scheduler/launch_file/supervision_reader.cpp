// SPDX-License-Identifier: Apache-2.0
#include "supervision_reader.hpp"

#include <fmt/format.h>

#include "sections.hpp"

namespace tactus::launch_file {
namespace {

constexpr std::int64_t kMostRestarts = 1000;

}  // namespace

void SupervisionReader::add_node_keys(NodeEntryText& entry, Handlers& handlers) {
  handlers["restart"] = [&](const YAML::Node& n) { read_restart(n, entry.restart); };
  handlers["hang_after"] = [&](const YAML::Node& n) { read_hang_after(n, entry.hang_after_ns); };
  handlers["start_after"] = [&](const YAML::Node& n) { entry.start_after = name_or_names(n, "start_after"); };
}

void SupervisionReader::read_processes(const YAML::Node& node, Document& document) {
  each_entry(node, "processes", [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
    ProcessEntry& entry = document.processes.emplace_back();
    entry.name = name;
    entry.at = at(key);
    if (value.IsSequence()) return read_members(value, entry);
    if (value.IsMap()) return read_process(value, entry);
    error(at(value), fmt::format("process '{}' is a list of executors and self-looping nodes, or a map "
                                 "with runs: and how it is supervised",
                                 name));
  });
}

void SupervisionReader::read_process(const YAML::Node& node, ProcessEntry& entry) {
  each_key(node, "process '" + entry.name + "'",
           {{"runs", [&](const YAML::Node& n) { read_members(n, entry); }},
            {"restart", [&](const YAML::Node& n) { read_restart(n, entry.restart); }},
            {"hang_after", [&](const YAML::Node& n) { read_hang_after(n, entry.hang_after_ns); }},
            {"stop_within", [&](const YAML::Node& n) { entry.stop_within_ns = positive(n, "stop_within"); }},
            {"essential",
             [&](const YAML::Node& n) { entry.essential = boolean(n, "essential").value_or(false); }}});
}

void SupervisionReader::read_members(const YAML::Node& node, ProcessEntry& entry) {
  if (!node.IsSequence())
    return error(at(node),
                 fmt::format("process '{}' is a list of executors and self-looping nodes", entry.name));
  for (const auto& member : node) {
    if (const auto name = text(member, "a member of a process")) entry.members.push_back({*name, at(member)});
  }
}

void SupervisionReader::read_restart(const YAML::Node& node, std::optional<RestartSettings>& restart) {
  restart.emplace();
  if (node.IsScalar()) return read_when(node, *restart);
  each_key(
      node, "restart",
      {{"when", [&](const YAML::Node& n) { read_when(n, *restart); }},
       {"most",
        [&](const YAML::Node& n) {
          restart->most = static_cast<std::uint32_t>(integer(n, "most", 0, kMostRestarts).value_or(0));
        }},
       {"within", [&](const YAML::Node& n) { restart->window_ns = positive(n, "within").value_or(1); }},
       {"backoff", [&](const YAML::Node& n) { restart->backoff_ns = duration(n, "backoff").value_or(0); }}});
}

void SupervisionReader::read_when(const YAML::Node& node, RestartSettings& restart) {
  const auto value = text(node, "restart");
  if (!value) return;
  if (*value == "on_failure")
    restart.when = RestartWhen::kOnFailure;
  else if (*value == "always")
    restart.when = RestartWhen::kAlways;
  else if (*value == "never")
    restart.when = RestartWhen::kNever;
  else
    error(at(node), fmt::format("restart is '{}', not on_failure, always or never{}", *value,
                                did_you_mean(*value, {"on_failure", "always", "never"})));
}

void SupervisionReader::read_hang_after(const YAML::Node& node, std::optional<std::int64_t>& hang_after_ns) {
  if (node.IsScalar() && node.Scalar() == "off")
    hang_after_ns = 0;
  else
    hang_after_ns = positive(node, "hang_after");
}

std::optional<std::int64_t> SupervisionReader::positive(const YAML::Node& node, const std::string& what) {
  const auto ns = duration(node, what);
  if (ns && *ns < 1'000'000) error(at(node), fmt::format("{} is '{}', less than 1 ms", what, node.Scalar()));
  return ns;
}

std::vector<Located<std::string>> SupervisionReader::name_or_names(const YAML::Node& node,
                                                                   const std::string& what) {
  std::vector<Located<std::string>> names;
  const auto add = [&](const YAML::Node& one) {
    if (const auto name = text(one, what)) names.push_back({*name, at(one)});
  };
  if (node.IsSequence())
    for (const auto& one : node) add(one);
  else
    add(node);
  return names;
}

void read_processes(const YAML::Node& node, const YamlReader& reader, Document& document) {
  SupervisionReader{reader}.read_processes(node, document);
}

}  // namespace tactus::launch_file
