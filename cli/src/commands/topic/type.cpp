// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>

#include "broker.hpp"
#include "command.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string topic;
  std::string group;
};

int topic_type(const Options& options) {
  const Graph graph = read_graph(options.group);
  std::string text;
  for (const std::string& type : find_topic(graph, options.topic, options.group).types) text += type + "\n";
  return print(text);
}

}  // namespace

void add_topic_type(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("type", "Type of a topic");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.footer("Examples:\n  rtctl topic type /imu\n  rtctl msg show $(rtctl topic type /imu)");
  verb.callback([&run, options] { run = [options] { return topic_type(*options); }; });
}

}  // namespace rtctl
