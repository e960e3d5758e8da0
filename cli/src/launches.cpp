// SPDX-License-Identifier: Apache-2.0
#include "launches.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "graph.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::json;

RunningLaunch parse_launch(const Json& json) {
  RunningLaunch launch{json.at("name"),
                       json.at("file"),
                       json.at("log"),
                       json.at("group"),
                       json.at("pid"),
                       json.at("uptime_s"),
                       {},
                       {},
                       nullptr};
  for (const Json& one : json.at("processes")) {
    launch.processes.push_back({one.at("name"), one.at("state"), one.at("end"), one.at("pid"),
                                one.at("restarts"), one.at("uptime_s")});
  }
  for (const Json& one : json.at("nodes"))
    launch.nodes.push_back({one.at("name"), one.at("process"), one.at("state"), one.at("faults")});
  return launch;
}

std::string label(const RunningLaunch& launch) { return fmt::format("{} (pid {})", launch.name, launch.pid); }

std::string labels(const std::vector<RunningLaunch>& launches) {
  std::vector<std::string> names;
  for (const RunningLaunch& launch : launches) names.push_back(label(launch));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What runs without a launch: tactus-run, a program.
void refuse_stranger(const std::string& name, const std::string& group) {
  const Graph graph = read_graph();
  for (const Node& node : graph.nodes) {
    if (node.name != name || node.group != group) continue;
    throw Failure{
        fmt::format("node {} runs in process {} ({}), which no launch of yours supervises: end that "
                    "process itself",
                    name, node.pid, node.process)};
  }
}

}  // namespace

std::vector<RunningLaunch> running_launches() {
  const auto broker =
      tactus::BrokerClient::connect({tactus::BrokerClient::Kind::kReader, "rtctl", ""});  // of this host
  if (broker == nullptr) throw Failure{"nothing is running"};
  std::vector<RunningLaunch> launches;
  std::string refused;
  for (auto& control : tactus::LaunchControl::all(*broker)) {
    try {
      launches.push_back(parse_launch(Json::parse(control->ask(R"({"do": "ps"})"))));
      launches.back().control = std::move(control);
    } catch (const tactus::ControlError& error) {
      refused = error.what();
    }
  }
  if (launches.empty()) throw Failure{refused.empty() ? "no launch is running" : refused};
  std::ranges::sort(launches, {}, &RunningLaunch::pid);
  return launches;
}

RunningLaunch& find_launch(std::vector<RunningLaunch>& launches, const std::string& word) {
  std::vector<RunningLaunch*> found;
  std::vector<std::string> names;
  for (RunningLaunch& launch : launches) {
    names.push_back(launch.name);
    if (launch.name == word || std::to_string(launch.pid) == word) found.push_back(&launch);
  }
  if (found.empty()) {
    throw Failure{fmt::format("no launch '{}' is running{}; there is {}", word,
                              tactus::did_you_mean(word, names), labels(launches))};
  }
  if (found.size() > 1)
    throw Failure{
        fmt::format("several launches '{}' are running, name one by its pid: {}", word, labels(launches)),
        kUsage};
  return *found.front();
}

FoundNode find_node(std::vector<RunningLaunch>& launches, const std::string& name, const std::string& group) {
  const std::string full = absolute(name);
  std::vector<std::string> names;
  for (RunningLaunch& launch : launches) {
    for (const RunningNode& node : launch.nodes) {
      if (node.name == full && launch.group == group) return {&launch, &node};
      names.push_back(node.name);
    }
  }
  refuse_stranger(full, group);
  throw Failure{fmt::format("no node {}{}{}", full, in_group(group), tactus::did_you_mean(full, names))};
}

std::string ask(RunningLaunch& launch, const std::string& request) try {
  return launch.control->ask(request);
} catch (const tactus::ControlError& error) {
  throw Failure{error.what()};
}

}  // namespace rtctl
