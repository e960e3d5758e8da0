// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

using Clock = std::chrono::steady_clock;

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

const Topic* topic_in(const Graph& graph, const std::string& name, const std::string& group) {
  const auto found = std::find_if(graph.topics.begin(), graph.topics.end(), [&](const Topic& topic) {
    return topic.name == name && topic.group == group;
  });
  return found == graph.topics.end() ? nullptr : &*found;
}

std::vector<Measured> compare(const MeasureOptions& options, const std::vector<std::string>& names,
                              const Look& before, const Look& after) {
  std::vector<Measured> result;
  for (const std::string& name : names) {
    const Topic* then = topic_in(before.graph, name, options.group);
    const Topic* now = topic_in(after.graph, name, options.group);
    if (then == nullptr || now == nullptr) continue;
    result.push_back({*then, *now, std::chrono::duration<double>(after.time - before.time).count()});
  }
  return result;
}

std::vector<std::string> choose_topics(const MeasureOptions& options, const Graph& graph) {
  std::vector<std::string> names;
  for (const std::string& name : options.topics) names.push_back(find_topic(graph, name, options.group).name);
  if (!names.empty()) return names;
  for (const Topic& topic : graph.topics) {
    if (topic.group == options.group) names.push_back(topic.name);
  }
  if (names.empty()) throw Failure{"there are no topics" + in_group(options.group)};
  return names;
}

}  // namespace

void add_measure_options(CLI::App& verb, MeasureOptions& options) {
  verb.add_option("topics", options.topics, "Names of topics; all when none is given")->type_name("TOPIC");
  verb.add_option("--group", options.group, "Group of the topics")->type_name("GROUP");
  verb.add_option("-w,--window", options.window, "Measure over this time, again and again; 1s when not given")
      ->type_name("DURATION");
  verb.add_option("--count", options.count, "End after so many measurements")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--json", options.json, "As JSON, one line per measurement");
}

int measure(const std::string& verb, const MeasureOptions& options,
            const std::function<Report(const std::vector<Measured>&)>& report) {
  const auto window = parse_duration("--window", options.window);
  if (window.count() == 0) throw Failure{"--window: must be longer than nothing", kUsage};
  const Interrupt interrupt;
  Connection connection{verb, options.group, Connection::Join::kReader};
  LiveView view;
  Look before = look(connection);
  const std::vector<std::string> names = choose_topics(options, before.graph);
  for (std::uint64_t done = 0; options.count == 0 || done < options.count; ++done) {
    if (!interrupt.sleep(window)) break;
    Look after = look(connection);
    const Report now = report(compare(options, names, before, after));
    if (view.active() && !options.json) {
      view.draw(now.text);
    } else if (!write_out(options.json ? now.json : now.text)) {
      break;
    }
    before = std::move(after);
  }
  return kSuccess;
}

}  // namespace rtctl
