// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "measure.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

Report report(const std::vector<Measured>& topics) {
  Table table{{"TOPIC", ">RATE", ">BYTES/S", ">DROPPED"}};
  auto list = nlohmann::ordered_json::array();
  for (const Measured& topic : topics) {
    const TopicRate rate = rate_between(topic.before, topic.after, topic.seconds);
    table.add({topic.after.name, rate.hz > 0 ? rate_text(rate.hz) : "0 Hz", bytes_text(rate.bytes_per_second),
               count_cell(rate.dropped)});
    list.push_back({{"topic", topic.after.name},
                    {"hz", rate.hz},
                    {"bytes_per_second", rate.bytes_per_second},
                    {"dropped", rate.dropped}});
  }
  return {table.text(), list.dump() + "\n"};
}

}  // namespace

void add_topic_hz(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand("hz", "Rates from the publishers' counters; adds no subscriber");
  auto options = std::make_shared<MeasureOptions>();
  add_measure_options(verb, *options);
  verb.footer("Examples:\n  rtctl topic hz\n  rtctl topic hz /imu /camera/left/image --window 5s --count 1");
  verb.callback([&run, options] { run = [options] { return measure("rtctl topic hz", *options, report); }; });
}

}  // namespace rtctl
