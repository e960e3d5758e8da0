// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

struct Options {
  bool json = false;
  bool names = false;
  bool count = false;
  bool details = false;
  std::optional<std::string> group;
};

int print_json(const std::vector<Topic>& topics) {
  auto list = nlohmann::ordered_json::array();
  for (const Topic& topic : topics) {
    list.push_back({{"name", topic.name},
                    {"group", topic.group},
                    {"types", topic.types},
                    {"publishers", topic.publishers.size()},
                    {"subscribers", topic.subscribers.size()}});
  }
  return print(list.dump(2) + "\n");
}

int print_names(const std::vector<Topic>& topics) {
  std::string text;
  for (const Topic& topic : topics) text += topic.name + "\n";
  return print(text);
}

int print_table(const std::vector<Topic>& topics, bool groups) {
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
  return print(table.text());
}

int topic_list(const Options& options) {
  Graph graph = read_graph();
  if (options.group) keep_group(graph, *options.group);
  if (options.json) return print_json(graph.topics);
  if (options.names) return print_names(graph.topics);
  if (options.count) return print(fmt::format("{}\n", graph.topics.size()));
  return print_table(graph.topics, has_groups(graph));
}

}  // namespace

void add_topic_list(CLI::App& topic, Run& run) {
  CLI::App& verb =
      *topic.add_subcommand("list", "Topics with their types and how many publish and subscribe");
  auto options = std::make_shared<Options>();
  verb.add_flag("--json", options->json, "As JSON");
  verb.add_flag("--names", options->names, "Names only, one per line");
  verb.add_flag("-c,--count-topics", options->count, "Their number only");
  verb.add_flag("-t,--show-types,-v,--verbose", options->details,
                "No effect: types and counts are always shown");
  add_group_option(verb, options->group, "Only this group");
  verb.footer("Examples:\n  rtctl topic list\n  rtctl topic list --json | jq -r '.[].name'");
  verb.callback([&run, options] { run = [options] { return topic_list(*options); }; });
}

}  // namespace rtctl
