// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "measure.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

Report report(const std::vector<Measured>& topics) {
  Table table{{"TOPIC", ">BYTES/S", ">RATE", ">SIZE MIN", ">MEAN", ">MAX"}};
  auto list = nlohmann::ordered_json::array();
  for (const Measured& topic : topics) {
    const TopicRate rate = rate_between(topic.before, topic.after, topic.seconds);
    const MessageSizes sizes = sizes_of(topic.after);
    const auto size = [&](double bytes) { return sizes.max > 0 ? bytes_text(bytes) : "-"; };
    table.add({topic.after.name, bytes_text(rate.bytes_per_second), rate_text(rate.hz), size(sizes.min),
               size(sizes.mean), size(sizes.max)});
    list.push_back({{"topic", topic.after.name},
                    {"bytes_per_second", rate.bytes_per_second},
                    {"hz", rate.hz},
                    {"bytes_min", sizes.min},
                    {"bytes_mean", sizes.mean},
                    {"bytes_max", sizes.max}});
  }
  return {table.text(), list.dump() + "\n"};
}

}  // namespace

void add_topic_bw(CLI::App& topic, Run& run) {
  CLI::App& verb = *topic.add_subcommand(
      "bw", "Bytes per second and sizes of messages from the publishers' counters; adds no subscriber");
  auto options = std::make_shared<MeasureOptions>();
  add_measure_options(verb, *options);
  verb.footer("Examples:\n  rtctl topic bw\n  rtctl topic bw /camera/left/image --window 5s --count 1");
  verb.callback([&run, options] { run = [options] { return measure("rtctl topic bw", *options, report); }; });
}

}  // namespace rtctl
