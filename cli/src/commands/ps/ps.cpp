// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "launches.hpp"
#include "output/table.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const RunningLaunch& launch) {
  Json json{{"name", launch.name},       {"pid", launch.pid}, {"group", launch.group},
            {"file", launch.file},       {"log", launch.log}, {"uptime_s", launch.uptime_s},
            {"processes", Json::array()}};
  for (const RunningProcess& process : launch.processes) {
    Json one{{"name", process.name},         {"pid", process.pid}, {"state", process.state},
             {"restarts", process.restarts}, {"end", process.end}, {"uptime_s", process.uptime_s},
             {"nodes", Json::array()}};
    for (const RunningNode& node : launch.nodes) {
      if (node.process == process.name)
        one["nodes"].push_back({{"name", node.name}, {"state", node.state}, {"faults", node.faults}});
    }
    json["processes"].push_back(std::move(one));
  }
  return json;
}

std::string uptime_text(double seconds) {
  const auto whole = static_cast<long>(seconds);
  if (whole < 60) return fmt::format("{:.1f} s", seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string text_of(const RunningLaunch& launch) {
  std::string text = fmt::format(
      "{}  pid {}, {}{}{}\n", paint(Style::kHeading, launch.name), launch.pid, uptime_text(launch.uptime_s),
      launch.group.empty() ? "" : ", group " + launch.group, launch.log.empty() ? "" : ", log " + launch.log);
  Table table{{"PROCESS", ">PID", "STATE", ">RESTARTS", ">UPTIME", "NODE", "STATE", ">FAULTS"}};
  for (const RunningProcess& process : launch.processes) {
    std::vector<Cell> row{process.name, process.pid > 0 ? std::to_string(process.pid) : "-",
                          state_cell(process.state), count_cell(process.restarts),
                          process.pid > 0 ? uptime_text(process.uptime_s) : "-"};
    bool first = true;
    for (const RunningNode& node : launch.nodes) {
      if (node.process != process.name) continue;
      if (!std::exchange(first, false)) row = {"", "", "", "", ""};
      row.insert(row.end(), {node.name, state_cell(node.state), count_cell(node.faults, Style::kError)});
      table.add(row);
      row.resize(5, "");
    }
    if (first) table.add(row);
  }
  return text + table.text();
}

int ps(bool json) {
  const auto launches = running_launches();
  if (json) {
    Json list = Json::array();
    for (const RunningLaunch& launch : launches) list.push_back(json_of(launch));
    return print(list.dump(2) + "\n");
  }
  std::vector<std::string> texts;
  for (const RunningLaunch& launch : launches) texts.push_back(text_of(launch));
  return print(fmt::format("{}", fmt::join(texts, "\n")));
}

}  // namespace

void add_ps(CLI::App& root, Run& run) {
  CLI::App& verb = *root.add_subcommand("ps", "Launches that run, their processes and nodes");
  auto json = std::make_shared<bool>(false);
  verb.add_flag("--json", *json, "As JSON");
  verb.footer("Examples:\n  rtctl ps\n  rtctl ps --json");
  verb.callback([&run, json] { run = [json] { return ps(*json); }; });
}

}  // namespace rtctl
