// SPDX-License-Identifier: Apache-2.0
#include "graph.hpp"

#include <CLI/App.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "mermaid.hpp"
#include "output/endpoint.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::optional<std::string> group;
  std::string window = "1s";
  bool json = false;
};

Json edges_json(const std::vector<Edge>& edges, const char* text) {
  Json list = Json::array();
  for (const Edge& edge : edges) {
    list.push_back({{"topic", edge.topic},
                    {"group", edge.group},
                    {"from", edge.from},
                    {"to", edge.to},
                    {text, edge.text}});
  }
  return list;
}

Json pools_json(const std::vector<Pool>& pools) {
  Json list = Json::array();
  for (const Pool& pool : pools) {
    list.push_back({{"chunk_bytes", pool.chunk_bytes},
                    {"chunks", pool.chunks},
                    {"used", pool.used},
                    {"reserved", pool.reserved},
                    {"least_free", pool.least_free},
                    {"lost", pool.lost}});
  }
  return list;
}

std::string json_of(const Graph& graph, const Rates& rates) {
  Json json{{"generation", graph.generation}, {"nodes", Json::array()}, {"topics", Json::array()}};
  for (const Node& node : graph.nodes) {
    json["nodes"].push_back({{"name", node.name},
                             {"group", node.group},
                             {"state", node.state},
                             {"process", node.process},
                             {"pid", node.pid}});
  }
  for (const Topic& topic : graph.topics) {
    const auto rate = rates.find({topic.group, topic.name});
    json["topics"].push_back({{"name", topic.name},
                              {"group", topic.group},
                              {"types", topic.types},
                              {"hz", rate == rates.end() ? 0.0 : rate->second},
                              {"publishers", publishers_json(topic)},
                              {"subscribers", subscribers_json(topic)}});
  }
  json["edges"] = edges_json(graph.edges, "path");
  json["mismatches"] = edges_json(graph.mismatches, "reason");
  json["pools"] = pools_json(graph.pools);
  return json.dump(2) + "\n";
}

Rates rates_of(const Graph& before, const Graph& after, double seconds) {
  Rates rates;
  for (const Topic& now : after.topics) {
    for (const Topic& then : before.topics) {
      if (then.name != now.name || then.group != now.group) continue;
      rates[{now.group, now.name}] = rate_between(then, now, seconds).hz;
    }
  }
  return rates;
}

int print_graph(const Options& options) {
  const auto window = parse_duration("--window", options.window);
  const Interrupt interrupt;
  Connection connection{"rtctl graph", options.group.value_or(""), Connection::Join::kReader};
  const auto begin = std::chrono::steady_clock::now();
  Graph graph = connection.graph();
  Rates rates;
  if (window.count() > 0 && interrupt.sleep(window)) {
    Graph after = connection.graph();
    rates = rates_of(graph, after,
                     std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    graph = std::move(after);
  }
  if (options.group) keep_group(graph, *options.group);
  return print(options.json ? json_of(graph, rates) : mermaid(graph, rates));
}

}  // namespace

void add_graph(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("graph", "Nodes and topics with types and rates, as a Mermaid flowchart");
  auto options = std::make_shared<Options>();
  add_group_option(verb, options->group, "Only this group");
  verb.add_option("-w,--window", options->window,
                  "Measure rates over this time; 0: no rates, 1s when not given")
      ->type_name("DURATION");
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer("Examples:\n  rtctl graph > graph.mmd\n  rtctl graph --window 0 --json");
  verb.callback([&run, options] { run = [options] { return print_graph(*options); }; });
}

}  // namespace rtctl
