// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "misses.hpp"
#include "node_timing.hpp"
#include "output/table.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/middleware/time.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kShown = 10;  // of the newest misses
constexpr std::chrono::seconds kRedraw{1};

struct Options {
  std::string node;
  std::string executor;
  std::optional<std::string> group;
  bool json = false;
  bool watch = false;
};

struct Look {
  std::vector<NodeTiming> nodes;
  std::vector<tactus::Miss> misses;  // newest first
  std::vector<std::string> degradations;
  std::int64_t now_ns = 0;
};

template <typename Name>
void refuse(const char* what, const std::string& wanted, const std::vector<NodeTiming>& nodes, Name name) {
  std::vector<std::string> names;
  for (const NodeTiming& node : nodes) names.push_back(name(node));
  if (std::find(names.begin(), names.end(), wanted) == names.end())
    throw Failure{fmt::format("there is no {} '{}'{}", what, wanted, tactus::did_you_mean(wanted, names))};
}

void keep_chosen(Look& look, const Options& options) {
  const std::string node = options.node.empty() ? "" : absolute(options.node);
  if (!node.empty()) refuse("node", node, look.nodes, [](const NodeTiming& one) { return one.node; });
  if (!options.executor.empty())
    refuse("executor", options.executor, look.nodes, [](const NodeTiming& one) { return one.thread; });
  const auto other = [&](const std::string& name, const std::string& thread) {
    return (!node.empty() && name != node) || (!options.executor.empty() && thread != options.executor);
  };
  std::erase_if(look.nodes, [&](const NodeTiming& one) { return other(one.node, one.thread); });
  std::erase_if(look.misses, [&](const tactus::Miss& one) { return other(one.node, one.thread); });
}

Look look_now(PageReader& reader, const Options& options) {
  const std::vector<HostPage> pages = without_replaced(reader.read(options.group));
  Look look;
  look.nodes = node_timings(pages);
  look.misses = tactus::find_misses(read_flights(pages));
  std::reverse(look.misses.begin(), look.misses.end());
  for (const HostPage& page : pages) {
    for (const std::string& text : tactus::degradations(*page.page)) look.degradations.push_back(text);
  }
  look.now_ns = tactus::monotonic_ns();
  keep_chosen(look, options);
  return look;
}

Json json_of(const tactus::TimeSummary& time) {
  return {{"count", time.count},
          {"mean_ns", time.mean_ns},
          {"p50_ns", time.p50_ns},
          {"p99_ns", time.p99_ns},
          {"max_ns", time.max_ns}};
}

Json json_of(const NodeTiming& node) {
  return {{"node", node.node},
          {"group", node.group},
          {"process", node.process},
          {"pid", node.pid},
          {"executor", node.thread},
          {"state", node.state},
          {"declared",
           {{"period_ns", node.period_ns}, {"deadline_ns", node.deadline_ns}, {"budget_ns", node.budget_ns}}},
          {"calls", node.runs},
          {"period", json_of(node.period)},
          {"jitter", json_of(node.jitter)},
          {"run", json_of(node.run)},
          {"response", json_of(node.response)},
          {"deadline_misses", node.deadline_misses},
          {"budget_overruns", node.budget_overruns},
          {"skipped", node.skipped},
          {"faults", node.faults},
          {"inputs_missed", node.inputs_missed}};
}

Json json_of(const tactus::Miss& miss, std::int64_t now_ns) {
  Json json{{"kind", tactus::to_text(miss.kind)},
            {"victim", miss.node},
            {"executor", miss.thread},
            {"process", miss.process},
            {"cycle", miss.cycle},
            {"ago_ns", now_ns - miss.when_ns},
            {"by_ns", miss.by_ns},
            {"count", miss.count},
            {"culprit",
             {{"kind", tactus::to_text(miss.culprit.kind)},
              {"node", miss.culprit.node},
              {"executor", miss.culprit.thread},
              {"cycle", miss.culprit.cycle},
              {"took_ns", miss.culprit.took_ns},
              {"over_budget", miss.culprit.over_budget}}},
            {"also_hit", miss.also_hit},
            {"text", tactus::to_text(miss)}};
  if (miss.late_input) {
    json["late_input"] = {{"topic", miss.late_input->topic},
                          {"node", miss.late_input->node},
                          {"cycle", miss.late_input->cycle}};
  }
  return json;
}

std::string json_text(const Look& look, int indent) {
  Json json{{"nodes", Json::array()}, {"misses", Json::array()}, {"degradations", look.degradations}};
  for (const NodeTiming& node : look.nodes) json["nodes"].push_back(json_of(node));
  for (const tactus::Miss& miss : look.misses) json["misses"].push_back(json_of(miss, look.now_ns));
  return json.dump(indent) + "\n";
}

std::string time_text(const tactus::TimeSummary& time, std::int64_t ns) {
  return time.count == 0 ? "-" : duration_text(static_cast<double>(ns));
}

std::string nodes_text(const Look& look) {
  Table table{{"NODE", "EXECUTOR", ">CALLS", ">PERIOD", ">JITTER P50", ">P99", ">MAX", ">RUN P50", ">P99",
               ">MAX", ">MISSES", ">OVER BUDGET", ">SKIPPED", ">INPUTS MISSED"}};
  for (const NodeTiming& node : look.nodes) {
    table.add({shown_name(node), node.thread, std::to_string(node.runs),
               time_text(node.period, node.period.p50_ns), time_text(node.jitter, node.jitter.p50_ns),
               time_text(node.jitter, node.jitter.p99_ns), time_text(node.jitter, node.jitter.max_ns),
               time_text(node.run, node.run.p50_ns), time_text(node.run, node.run.p99_ns),
               time_text(node.run, node.run.max_ns), count_cell(node.deadline_misses),
               count_cell(node.budget_overruns), count_cell(node.skipped), count_cell(node.inputs_missed)});
  }
  return table.text();
}

std::string misses_text(const Look& look) {
  if (look.misses.empty()) return {};
  std::string text = "\n" + paint(Style::kHeading, "NEWEST MISSES") + "\n";
  for (std::size_t i = 0; i < std::min(kShown, look.misses.size()); ++i) {
    text +=
        fmt::format("{} ago: {}\n", duration_text(static_cast<double>(look.now_ns - look.misses[i].when_ns)),
                    tactus::to_text(look.misses[i]));
  }
  if (look.misses.size() > kShown)
    text += fmt::format("and {} more that the recorders hold: --json\n", look.misses.size() - kShown);
  return text;
}

std::string text_of(const Look& look) {
  std::string text = nodes_text(look) + misses_text(look);
  for (const std::string& one : look.degradations)
    text += paint(Style::kWarning, fmt::format("degraded: {}", one)) + "\n";
  return text;
}

int sched(const Options& options) {
  const Interrupt interrupt;
  PageReader reader{"rtctl sched"};
  LiveView view;
  for (;;) {
    const Look look = look_now(reader, options);
    const std::string text = options.json ? json_text(look, options.watch ? -1 : 2) : text_of(look);
    if (!options.watch) return print(text);
    if (view.active() && !options.json)
      view.draw(text);
    else if (!write_out(text))
      return kSuccess;
    if (!interrupt.sleep(kRedraw)) return kSuccess;
  }
}

}  // namespace

void add_sched(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("sched", "How the calls of nodes went: times, misses, and whose fault");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Only this node")->type_name("NODE");
  verb.add_option("--executor", options->executor, "Only nodes of this executor")->type_name("EXECUTOR");
  add_group_option(verb, options->group, "Only this group");
  verb.add_flag("--json", options->json,
                "As JSON, with all misses that are recorded; one line each time with --watch");
  verb.add_flag("-w,--watch", options->watch, "Again every second, until Ctrl-C");
  verb.footer(
      "Examples:\n  rtctl sched\n  rtctl sched /integrator\n  rtctl sched --executor head --watch\n"
      "  rtctl sched --json | jq .misses[0]");
  verb.callback([&run, options] { run = [options] { return sched(*options); }; });
}

}  // namespace rtctl
