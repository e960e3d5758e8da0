// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "measure.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

Report report(const std::vector<Measured>& topics) {
  Table table{{"TOPIC", "TAKEN BY", ">MESSAGES", ">AGE MEAN", ">MAX OF ALL"}};
  auto list = nlohmann::ordered_json::array();
  for (const Measured& topic : topics) {
    if (topic.after.subscribers.empty())
      table.add({topic.after.name, {"nobody", Style::kDim}, "-", "-", "-"});
    for (const Age& age : ages_between(topic.before, topic.after)) {
      table.add({topic.after.name, age.node, std::to_string(age.messages),
                 age.messages > 0 ? duration_text(age.mean_ns) : "-",
                 age.max_ns > 0 ? duration_text(age.max_ns) : "-"});
      list.push_back({{"topic", topic.after.name},
                      {"node", age.node},
                      {"messages", age.messages},
                      {"age_ns_mean", age.mean_ns},
                      {"age_ns_max", age.max_ns}});
    }
  }
  return {table.text(), list.dump() + "\n"};
}

}  // namespace

void add_topic_delay(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand(
      "delay", "Age of messages when they were taken, from the subscribers' counters; adds no subscriber");
  auto options = std::make_shared<MeasureOptions>();
  add_measure_options(verb, *options);
  verb.footer("Examples:\n  rtctl topic delay\n  rtctl topic delay /imu --window 5s --count 1");
  verb.callback(
      [&run, options] { run = [options] { return measure("rtctl topic delay", *options, report); }; });
}

}  // namespace rtctl
