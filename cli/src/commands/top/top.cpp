// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "node_timing.hpp"
#include "output/table.hpp"
#include "thread_load.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string interval = "1s";
  std::optional<std::string> group;
  bool once = false;
  bool json = false;
};

struct Look {
  std::vector<ThreadLook> threads;
  std::vector<NodeTiming> nodes;
  Clock::time_point time;
};

struct Frame {
  std::vector<ThreadLoad> threads;
  std::vector<NodeTiming> nodes;
};

Look look_now(PageReader& reader, const Options& options) {
  const std::vector<HostPage> pages = without_replaced(reader.read(options.group));
  return {look_at_threads(pages), node_timings(pages), Clock::now()};
}

Json json_of(const ThreadLoad& load) {
  return {{"thread", load.thread.thread},
          {"process", load.thread.process},
          {"group", load.thread.group},
          {"pid", load.thread.pid},
          {"tid", load.thread.tid},
          {"policy", load.thread.policy},
          {"cpus", load.thread.cpus},
          {"doing", load.thread.doing},
          {"cpu_percent", load.cpu_percent},
          {"minor_faults", load.minor_faults},
          {"major_faults", load.major_faults},
          {"passes_per_second", load.passes_per_second},
          {"lost_wakes", load.thread.lost_wakes}};
}

std::string json_text(const Frame& frame) {
  Json json{{"threads", Json::array()}, {"nodes", Json::array()}};
  for (const ThreadLoad& load : frame.threads) json["threads"].push_back(json_of(load));
  for (const NodeTiming& node : frame.nodes) {
    json["nodes"].push_back({{"node", node.node},
                             {"executor", node.thread},
                             {"process", node.process},
                             {"state", node.state},
                             {"calls", node.runs},
                             {"run_p99_ns", node.run.p99_ns},
                             {"response_p99_ns", node.response.p99_ns},
                             {"deadline_misses", node.deadline_misses},
                             {"budget_overruns", node.budget_overruns},
                             {"skipped", node.skipped}});
  }
  return json.dump() + "\n";
}

std::string text_of(const Frame& frame) {
  Table threads{
      {"THREAD", "PROCESS", ">TID", "POLICY", "CPUS", ">CPU %", ">FAULTS", ">MAJOR", ">PASSES/S", "DOING"}};
  for (const ThreadLoad& load : frame.threads) {
    threads.add({load.thread.thread, load.thread.process, std::to_string(load.thread.tid), load.thread.policy,
                 load.thread.cpus, fmt::format("{:.1f}", load.cpu_percent), std::to_string(load.minor_faults),
                 count_cell(load.major_faults), fmt::format("{:.0f}", load.passes_per_second),
                 load.thread.doing});
  }
  Table nodes{
      {"NODE", "EXECUTOR", ">CALLS", ">RUN P99", ">RESPONSE P99", ">MISSES", ">OVER BUDGET", ">SKIPPED"}};
  for (const NodeTiming& node : frame.nodes) {
    nodes.add({shown_name(node), node.thread, std::to_string(node.runs),
               duration_text(static_cast<double>(node.run.p99_ns)),
               duration_text(static_cast<double>(node.response.p99_ns)), count_cell(node.deadline_misses),
               count_cell(node.budget_overruns), count_cell(node.skipped)});
  }
  return threads.text() + "\n" + nodes.text();
}

int top(const Options& options) {
  const auto interval = parse_duration("--interval", options.interval);
  if (interval.count() == 0) throw Failure{"--interval: must be longer than nothing", kUsage};
  const Interrupt interrupt;
  PageReader reader{"rtctl top"};
  LiveView view;
  Look before = look_now(reader, options);
  while (interrupt.sleep(interval)) {
    Look after = look_now(reader, options);
    const double seconds = std::chrono::duration<double>(after.time - before.time).count();
    const Frame frame{loads_between(before.threads, after.threads, seconds), after.nodes};
    const std::string text = options.json ? json_text(frame) : text_of(frame);
    if (options.once || options.json || !view.active()) return print(text);
    view.draw(text);
    before = std::move(after);
  }
  return kSuccess;
}

}  // namespace

void add_top(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("top", "Threads by their load, with page faults, and nodes by their times");
  auto options = std::make_shared<Options>();
  verb.add_option("-d,--interval", options->interval, "Measure over this time; 1s when not given")
      ->type_name("DURATION");
  add_group_option(verb, options->group, "Only this group");
  verb.add_flag("--once", options->once, "One measurement; always so where the output is no terminal");
  verb.add_flag("--json", options->json, "One measurement as JSON");
  verb.footer("Examples:\n  rtctl top\n  rtctl top --once --interval 5s\n  rtctl top --json");
  verb.callback([&run, options] { run = [options] { return top(*options); }; });
}

}  // namespace rtctl
