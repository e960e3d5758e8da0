// SPDX-License-Identifier: Apache-2.0
// tactus-conformance: does a shared object keep what every node promises?
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "checks.hpp"
#include "run_arguments.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/node_library.hpp"
#include "tactus/scheduler/describe.hpp"

namespace {

using namespace tactus;
using namespace tactus::conformance;

struct Options {
  RunArguments node;
  std::vector<std::string> checks;
  int limit_s = 30;
  bool json = false;
};

std::vector<Check> chosen(const std::vector<std::string>& names) {
  const auto all = all_checks();
  if (names.empty()) return {all.begin(), all.end()};
  std::vector<Check> checks;
  for (const std::string& name : names) {
    const auto check = std::ranges::find(all, name, [](const Check& c) { return std::string{c.name}; });
    if (check == all.end()) {
      std::vector<std::string> known;
      for (const Check& other : all) known.emplace_back(other.name);
      throw std::invalid_argument{fmt::format("there is no check '{}'{}", name, did_you_mean(name, known))};
    }
    checks.push_back(*check);
  }
  return checks;
}

/// The parameters in the kinds that the node declares.
Library subject_of(RunArguments arguments) {
  arguments.every = "1s";  // who calls it is for us to say
  Library library{std::filesystem::absolute(find_node_library(arguments.library)), {}};
  auto described = describe_nodes(host_program(), {{library.path, {}}}).at(0);
  if (!described.description)
    throw std::invalid_argument{fmt::format("{}: {}", library.path.string(), described.error)};
  const HostSettings settings = settings_for_run(arguments, library.path, *described.description);
  library.parameters = settings.nodes.at(0).settings.parameters;
  return library;
}

const char* to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::kKept:
      return "ok";
    case Outcome::kBroken:
      return "BROKEN";
    case Outcome::kNotApplicable:
      return "not applicable";
  }
  return "";
}

void print(const Check& check, const Verdict& verdict) {
  fmt::print("{:<15} {:<16} {}\n", to_text(verdict.outcome), check.name, check.promise);
  if (!verdict.text.empty()) fmt::print("{:32} {}\n", "", verdict.text);
  std::fflush(stdout);
}

int run(const Options& options) {
  const auto checks = chosen(options.checks);
  const Library library = subject_of(options.node);
  auto report = nlohmann::ordered_json::array();
  int broken = 0;
  for (const Check& check : checks) {
    const Verdict verdict = run_apart(check, library, std::chrono::seconds{options.limit_s});
    if (verdict.outcome == Outcome::kBroken) ++broken;
    if (!options.json) print(check, verdict);
    report.push_back({{"check", check.name}, {"outcome", to_text(verdict.outcome)}, {"text", verdict.text}});
  }
  if (options.json) fmt::print("{}\n", report.dump(2));
  return broken == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Puts the shared object of a node through what every node promises: each check in a process of its "
      "own, without a "
      "broker. Exit code 0: all kept; 1: one is broken; 2: wrong arguments."};
  std::string list;
  for (const Check& check : all_checks()) list += fmt::format("  {:<16} {}\n", check.name, check.promise);
  app.footer(
      fmt::format("Checks:\n{}Examples:\n  tactus-conformance imu_integrator\n"
                  "  tactus-conformance ./libmy_node.so gain:=2.0 --check realtime",
                  list));
  Options options;
  app.add_option("node", options.node.library, "path of the shared object, or its name as in a launch file")
      ->required();
  app.add_option("parameters", options.node.assignments, "name:=value");
  app.add_option("--check", options.checks, "only this one; may be repeated")->allow_extra_args(false);
  app.add_option("--limit", options.limit_s, "seconds that one check may take")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_flag("--json", options.json, "As JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tactus-conformance: {}\n", error.what());
    return 2;
  }
}
