// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>

#include "broker.hpp"
#include "command.hpp"
#include "completion.hpp"
#include "launch_options.hpp"
#include "launches.hpp"
#include "node_timing.hpp"
#include "output/terminal.hpp"
#include "tactus/msg/registry.hpp"
#include "tactus/scheduler/launch_file.hpp"
#include "tactus/scheduler/yaml_value.hpp"

namespace rtctl {
namespace {

template <typename T>
std::vector<std::string> names_in(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const T& item : items) names.push_back(item.name);
  return names;
}

using Words = std::vector<std::string>;

// Of a launch file: its arguments.
Words arguments_of(const Words& before) {
  Words names;
  if (before.empty()) return names;
  LaunchWords words;
  words.file = before.front();
  words.arguments.assign(before.begin() + 1, before.end());
  for (const tactus::LaunchArgument& argument : tactus::launch_arguments(launch_file(words))) {
    if (argument.type != "bool") names.push_back(argument.name + ":=");
    if (argument.type == "bool")
      names.insert(names.end(), {argument.name + ":=true", argument.name + ":=false"});
  }
  return names;
}

// As they are written in the file; those of included files are left out.
Words nodes_of_file(const std::string& file) {
  std::ifstream text{file};
  const std::string yaml{std::istreambuf_iterator<char>{text}, {}};
  const tactus::YamlValue launch = tactus::parse_yaml_value(yaml);
  Words names;
  for (const auto& [name, node] : launch.value.at("nodes").items()) names.push_back(name);
  return names;
}

Words threads_running() {
  PageReader reader{"rtctl"};
  Words names;
  for (const NodeTiming& node : node_timings(reader.read(std::nullopt))) {
    if (std::find(names.begin(), names.end(), node.thread) == names.end()) names.push_back(node.thread);
  }
  return names;
}

Words names_of(const std::string& kind, const Words& before) {
  if (kind == "TOPIC") return names_in(read_graph().topics);
  if (kind == "NODE" && !before.empty()) return nodes_of_file(before.front());  // launch FILE --debug
  if (kind == "NODE") return names_in(read_graph().nodes);
  if (kind == "EXECUTOR") return threads_running();
  if (kind == "LAUNCH") return names_in(running_launches());
  if (kind == "LEVEL") return {"debug", "info", "warn", "error"};
  if (kind == "FILE" || kind == "LIBRARY") return {kCompleteFiles};
  if (kind == "NAME:=VALUE") return arguments_of(before);
  Words names;
  if (kind != "TYPE") return names;
  for (const tactus::TypeInfo* type : tactus::known_types()) names.emplace_back(type->name);
  return names;
}

// Nothing that goes wrong here may reach the line that is being typed.
Words names_or_none(const std::string& kind, const Words& before) try {
  return names_of(kind, before);
} catch (const std::exception&) {
  return {};
}

}  // namespace

int print_candidates(const CLI::App& root, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : complete(root, words, names_or_none)) text += word + "\n";
  return print(text);
}

}  // namespace rtctl
