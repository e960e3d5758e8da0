// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "command.hpp"
#include "launch_options.hpp"
#include "output/table.hpp"
#include "plan_load.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;
using tactus::Schedulability;
using tactus::Verdict;
constexpr int kUnknown = 2;  // exit code, as for a file that says too little

struct Options {
  LaunchWords words;
  int cpus = 0;
};

int exit_code(Verdict verdict) {
  if (verdict == Verdict::kUnknown) return kUnknown;
  return verdict == Verdict::kSchedulable ? kSuccess : kFailed;
}

Cell verdict_cell(Verdict verdict) {
  const Style style = verdict == Verdict::kSchedulable      ? Style::kGood
                      : verdict == Verdict::kNotSchedulable ? Style::kError
                      : verdict == Verdict::kUnknown        ? Style::kWarning
                                                            : Style::kDim;
  return {tactus::to_text(verdict), style};
}

std::string time_text(std::int64_t ns) { return ns == 0 ? "-" : duration_text(static_cast<double>(ns)); }

std::string nodes_text(const tactus::Load& load, const Schedulability& result) {
  Table table{{"NODE", "EXECUTOR", ">PERIOD", ">BUDGET", ">RESPONSE", ">LIMIT", "VERDICT", ""}};
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    const tactus::NodeVerdict& node = result.nodes[i];
    table.add({node.node, load.threads[load.nodes[i].thread].name, time_text(node.period_ns),
               time_text(load.nodes[i].budget_ns), time_text(node.response_ns), time_text(node.limit_ns),
               verdict_cell(node.verdict), node.why});
  }
  return table.text();
}

std::string rest_text(const Schedulability& result) {
  std::string text = "\n";
  for (const tactus::CpuLoad& cpu : result.cpus)
    text += fmt::format("CPU {}: {:.0f} % declared\n", cpu.cpu, cpu.utilisation * 100);
  for (const tactus::ChainBound& chain : result.chains) {
    text += chain.why.empty() ? fmt::format("chain {}: at most {}\n", chain.chain, time_text(chain.bound_ns))
                              : fmt::format("chain {}: unknown, {}\n", chain.chain, chain.why);
  }
  const Cell verdict = verdict_cell(result.verdict);
  text += paint(verdict.style, verdict.text);
  return text + (result.first.empty() ? "" : fmt::format(": {}: {}", result.first, result.why)) + "\n";
}

Json json_of(const tactus::LaunchPlan& plan, const tactus::Load& load, const Schedulability& result) {
  Json json{{"verdict", tactus::to_text(result.verdict)},
            {"first", result.first},
            {"why", result.why},
            {"nodes", Json::array()},
            {"cpus", Json::array()},
            {"chains", Json::array()},
            {"warnings", Json::array()}};
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    const tactus::NodeVerdict& node = result.nodes[i];
    json["nodes"].push_back({{"node", node.node},
                             {"executor", load.threads[load.nodes[i].thread].name},
                             {"period_ns", node.period_ns},
                             {"budget_ns", load.nodes[i].budget_ns},
                             {"response_ns", node.response_ns},
                             {"limit_ns", node.limit_ns},
                             {"verdict", tactus::to_text(node.verdict)},
                             {"why", node.why}});
  }
  for (const tactus::CpuLoad& cpu : result.cpus)
    json["cpus"].push_back({{"cpu", cpu.cpu}, {"utilisation", cpu.utilisation}});
  for (const tactus::ChainBound& chain : result.chains)
    json["chains"].push_back({{"chain", chain.chain}, {"bound_ns", chain.bound_ns}, {"why", chain.why}});
  for (const tactus::Diagnostic& warning : plan.warnings)
    json["warnings"].push_back(tactus::warning_text(warning));
  return json;
}

int check(const Options& options) {
  LaunchOptions launch = launch_options(options.words);
  launch.cpus = options.cpus;
  const tactus::LaunchPlan plan = load_plan(launch);
  if (plan.simulated)
    throw Failure{
        fmt::format("{} runs on simulated time, where calls take none: there is nothing to check", plan.file),
        kUnknown};
  const long cpus = options.cpus > 0 ? options.cpus : sysconf(_SC_NPROCESSORS_ONLN);
  const tactus::Load load = tactus::load_of(plan, static_cast<std::size_t>(cpus));
  const Schedulability result = tactus::analyse(load);
  (void)print(options.words.json ? json_of(plan, load, result).dump(2) + "\n"
                                 : nodes_text(load, result) + rest_text(result));
  return exit_code(result.verdict);
}

}  // namespace

void add_check(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("check", "Will a launch keep its deadlines? From its budgets, before it starts");
  auto options = std::make_shared<Options>();
  verb.add_option("file", options->words.file, "Launch file, or the package it is installed with")
      ->required()
      ->type_name("FILE");
  verb.add_option("arguments", options->words.arguments,
                  "The file's name where FILE is a package; arguments of the file, name:=value")
      ->type_name("NAME:=VALUE");
  verb.add_option("--cpus", options->cpus,
                  "CPUs of the machine it will run on; those of this one when not given")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  verb.add_option("--processes", options->words.processes,
                  "Check only these; the others run on other hosts: vision,main")
      ->type_name("NAMES")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb.add_flag("--json", options->words.json, "As JSON");
  verb.footer(
      "The exit code is 0: schedulable, 1: not schedulable, 2: unknown, or the file has "
      "errors.\n\nExamples:\n"
      "  rtctl check xr_demo.launch.yaml\n  rtctl check xr_demo.launch.yaml --cpus 4 --json\n"
      "  rtctl check xr_two_hosts.launch.yaml --processes main");
  verb.callback([&run, options] { run = [options] { return check(*options); }; });
}

}  // namespace rtctl
