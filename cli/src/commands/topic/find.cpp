// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "broker.hpp"
#include "command.hpp"
#include "output/terminal.hpp"
#include "types.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string type;
  std::string group;
};

int topic_find(const Options& options) {
  const Graph graph = read_graph(options.group);
  const std::string type = type_named(options.type)->name;
  std::string text;
  for (const Topic& topic : graph.topics) {
    const bool carries = std::find(topic.types.begin(), topic.types.end(), type) != topic.types.end();
    if (carries && topic.group == options.group) text += topic.name + "\n";
  }
  if (text.empty()) throw Failure{fmt::format("no topic carries {}{}", type, in_group(options.group))};
  return print(text);
}

}  // namespace

void add_topic_find(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("find", "Topics of a type");
  auto options = std::make_shared<Options>();
  verb.add_option("type", options->type, "Type of message")->required()->type_name("TYPE");
  verb.add_option("--group", options->group, "Group of the topics")->type_name("GROUP");
  verb.footer("Examples:\n  rtctl topic find sensor_msgs/Imu");
  verb.callback([&run, options] { run = [options] { return topic_find(*options); }; });
}

}  // namespace rtctl
