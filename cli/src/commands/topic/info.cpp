// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "broker.hpp"
#include "command.hpp"
#include "crossings.hpp"
#include "output/endpoint.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string topic;
  std::string group;
  bool json = false;
};

using Json = nlohmann::ordered_json;

Json edges_json(const std::vector<Edge>& edges, const Topic& topic, const char* text) {
  Json list = Json::array();
  for (const Edge& edge : edges) {
    if (edge.topic != topic.name || edge.group != topic.group) continue;
    list.push_back({{"from", edge.from}, {"to", edge.to}, {text, edge.text}});
  }
  return list;
}

int print_json(const Graph& graph, const Topic& topic, const std::string& network) {
  Json json{{"name", topic.name}, {"group", topic.group}, {"types", topic.types}};
  json["publishers"] = publishers_json(topic);
  json["subscribers"] = subscribers_json(topic);
  json["edges"] = edges_json(graph.edges, topic, "path");
  json["mismatches"] = edges_json(graph.mismatches, topic, "reason");
  json["network"] = Json::parse(network);
  return print(json.dump(2) + "\n");
}

std::string publishers_text(const Topic& topic) {
  Table table{{"PUBLISHED BY", ">MESSAGES", ">BYTES", ">LOANS REFUSED", ">LATCHED", ">BLOCK"}};
  for (const Endpoint& one : topic.publishers) {
    table.add({one.node, std::to_string(one.messages), bytes_text(static_cast<double>(one.bytes)),
               count_cell(one.dropped), std::to_string(one.history),
               bytes_text(static_cast<double>(one.max_bytes))});
  }
  return table.empty() ? "published by nobody\n" : table.text();
}

std::string subscribers_text(const Topic& topic) {
  Table table{{"TAKEN BY", ">MESSAGES", ">BYTES", ">DROPPED", ">DEPTH"}};
  for (const Endpoint& one : topic.subscribers) {
    table.add({one.node, std::to_string(one.messages), bytes_text(static_cast<double>(one.bytes)),
               count_cell(one.dropped), std::to_string(one.depth)});
  }
  return table.empty() ? "taken by nobody\n" : table.text();
}

std::string edges_text(const Graph& graph, const Topic& topic) {
  std::string text;
  const auto add = [&](const Edge& edge, const char* arrow, Style style) {
    if (edge.topic != topic.name || edge.group != topic.group) return;
    text += fmt::format("{} {} {}: {}\n", edge.from, arrow, edge.to, paint(style, edge.text));
  };
  for (const Edge& edge : graph.edges) add(edge, "->", Style::kPlain);
  for (const Edge& edge : graph.mismatches) add(edge, "does not reach", Style::kError);
  return text;
}

int topic_info(const Options& options) {
  const std::string told = read_graph_text(options.group);
  const Graph graph = parse_graph(told);
  const Topic& topic = find_topic(graph, options.topic, options.group);
  if (options.json) return print_json(graph, topic, crossings_json(told, topic.name, topic.group));
  std::string text =
      fmt::format("{}  {}\n\n", paint(Style::kHeading, topic.name), fmt::join(topic.types, ", "));
  text += publishers_text(topic) + "\n" + subscribers_text(topic);
  if (const std::string edges = edges_text(graph, topic); !edges.empty()) text += "\n" + edges;
  if (const std::string lines = crossings_text(told, topic.name, topic.group); !lines.empty())
    text += "\n" + lines;
  return print(text);
}

}  // namespace

void add_topic_info(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand(
      "info", "Who publishes and takes a topic, how far it got, and who does not connect");
  auto options = std::make_shared<Options>();
  verb.add_option("topic", options->topic, "Name of the topic")->required()->type_name("TOPIC");
  verb.add_option("--group", options->group, "Group of the topic")->type_name("GROUP");
  verb.add_flag("--json", options->json, "As JSON");
  verb.add_flag("-v,--verbose")->description("No effect: all is always shown");
  verb.footer("Examples:\n  rtctl topic info /imu\n  rtctl topic info /imu --json");
  verb.callback([&run, options] { run = [options] { return topic_info(*options); }; });
}

}  // namespace rtctl
