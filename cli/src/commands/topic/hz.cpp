// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<std::string> topics;
  std::string group;
  std::string window = "1s";
  std::uint64_t count = 0;
  bool json = false;
};

struct Look {
  Graph graph;
  Clock::time_point time;
};

// Between question and answer the counters are read: the middle is the best guess of when.
Look look(Connection& connection) {
  const Clock::time_point asked = Clock::now();
  Graph graph = connection.graph();
  return {std::move(graph), asked + (Clock::now() - asked) / 2};
}

struct Row {
  std::string topic;
  TopicRate rate;
};

std::vector<Row> rows(const Options& options, const Look& before, const Look& after) {
  const double seconds = std::chrono::duration<double>(after.time - before.time).count();
  std::vector<Row> result;
  for (const std::string& name : options.topics) {
    const std::string wanted = absolute(name);
    const auto same = [&](const Topic& topic) {
      return topic.name == wanted && topic.group == options.group;
    };
    const auto then = std::find_if(before.graph.topics.begin(), before.graph.topics.end(), same);
    const auto now = std::find_if(after.graph.topics.begin(), after.graph.topics.end(), same);
    const bool both = then != before.graph.topics.end() && now != after.graph.topics.end();
    result.push_back({wanted, both ? rate_between(*then, *now, seconds) : TopicRate{}});
  }
  return result;
}

std::string text_of(const std::vector<Row>& rows) {
  Table table{{"TOPIC", ">RATE", ">BYTES/S", ">DROPPED"}};
  for (const Row& row : rows) {
    const std::string dropped = std::to_string(row.rate.dropped);
    table.add({row.topic,
               row.rate.hz > 0 ? rate_text(row.rate.hz) : "0 Hz",
               bytes_text(row.rate.bytes_per_second),
               {dropped, row.rate.dropped > 0 ? Style::kWarning : Style::kPlain}});
  }
  return table.text();
}

std::string json_of(const std::vector<Row>& rows) {
  auto list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    list.push_back({{"topic", row.topic},
                    {"hz", row.rate.hz},
                    {"bytes_per_second", row.rate.bytes_per_second},
                    {"dropped", row.rate.dropped}});
  }
  return list.dump() + "\n";
}

void choose_topics(Options& options, const Graph& graph) {
  for (const std::string& name : options.topics) (void)find_topic(graph, name, options.group);
  if (!options.topics.empty()) return;
  for (const Topic& topic : graph.topics) {
    if (topic.group == options.group) options.topics.push_back(topic.name);
  }
  if (options.topics.empty()) throw Failure{"there are no topics"};
}

int topic_hz(Options options) {
  const auto window = parse_duration("--window", options.window);
  if (window.count() == 0) throw Failure{"--window: must be longer than nothing", kUsage};
  const Interrupt interrupt;
  Connection connection{"rtctl topic hz", options.group, Connection::Join::kReader};
  LiveView view;
  Look before = look(connection);
  choose_topics(options, before.graph);
  for (std::uint64_t done = 0; options.count == 0 || done < options.count; ++done) {
    if (!interrupt.sleep(window)) break;
    Look after = look(connection);
    const std::vector<Row> measured = rows(options, before, after);
    if (view.active() && !options.json) {
      view.draw(text_of(measured));
    } else if (!write_out(options.json ? json_of(measured) : text_of(measured))) {
      break;
    }
    before = std::move(after);
  }
  return kSuccess;
}

}  // namespace

void add_topic_hz(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("hz", "Rates from the publishers' counters; adds no subscriber");
  auto options = std::make_shared<Options>();
  verb.add_option("topics", options->topics, "Names of topics; all when none is given")->type_name("TOPIC");
  verb.add_option("--group", options->group, "Group of the topics")->type_name("GROUP");
  verb.add_option("--window", options->window, "Measure over this time, again and again; 1s when not given")
      ->type_name("DURATION");
  verb.add_option("--count", options->count, "End after so many measurements")->type_name("N");
  verb.add_flag("--json", options->json, "As JSON, one line per measurement");
  verb.footer("Examples:\n  rtctl topic hz\n  rtctl topic hz /imu /camera/left/image --window 5s --count 1");
  verb.callback([&run, options] { run = [options] { return topic_hz(*options); }; });
}

}  // namespace rtctl
