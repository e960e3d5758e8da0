// SPDX-License-Identifier: Apache-2.0
#include "list_options.hpp"

#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

nlohmann::ordered_json json_of(const std::vector<Topic>& topics) {
  auto list = nlohmann::ordered_json::array();
  for (const Topic& topic : topics) {
    list.push_back({{"name", topic.name},
                    {"group", topic.group},
                    {"types", topic.types},
                    {"publishers", topic.publishers.size()},
                    {"subscribers", topic.subscribers.size()}});
  }
  return list;
}

Table table_of(const std::vector<Topic>& topics, bool groups) {
  std::vector<std::string> headings{"TOPIC", "TYPE", ">PUBLISHERS", ">SUBSCRIBERS"};
  if (groups) headings.emplace_back("GROUP");
  Table table{headings};
  for (const Topic& topic : topics) {
    table.add({topic.name,
               {fmt::format("{}", fmt::join(topic.types, ", ")),
                topic.types.size() > 1 ? Style::kError : Style::kPlain},
               std::to_string(topic.publishers.size()),
               std::to_string(topic.subscribers.size()),
               topic.group});
  }
  return table;
}

int topic_list(const ListOptions& options) {
  const Graph graph = read_graph(options);
  const auto table = [&](const auto& topics) { return table_of(topics, has_groups(graph)); };
  return print(list_text(graph.topics, options, json_of, table));
}

}  // namespace

void add_topic_list(CLI::App& topic, Run& run) {
  CLI::App& verb =
      *topic.add_subcommand("list", "Topics with their types and how many publish and subscribe");
  auto options = std::make_shared<ListOptions>();
  add_list_options(verb, *options, "-c,--count-topics");
  verb.add_flag("-t,--show-types,-v,--verbose")->description("No effect: types and counts are always shown");
  verb.footer("Examples:\n  rtctl topic list\n  rtctl topic list --json | jq -r '.[].name'");
  verb.callback([&run, options] { run = [options] { return topic_list(*options); }; });
}

}  // namespace rtctl
