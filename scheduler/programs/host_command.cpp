// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "host_process.hpp"
#include "tactus/scheduler/describe.hpp"

namespace tactus {
namespace {

using nlohmann::json;

std::map<std::string, ParameterValue> parse_parameters(const std::string& text) {
  std::map<std::string, ParameterValue> parameters;
  const json all = json::parse(text);
  for (const auto& [name, entry] : all.items()) {
    ParameterValue value = parameter_from_json(entry.at("value"));
    if (entry.at("kind") == "float") value = entry.at("value").get<double>();
    parameters[name] = std::move(value);
  }
  return parameters;
}

/// What the node's constructor prints must not end up in the answer.
int take_stdout() {
  const int answer = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  return answer;
}

int describe(const std::string& library, const std::string& parameters) {
  const int out = take_stdout();
  json answer;
  int code = 0;
  try {
    answer = to_json(describe_here(library, parse_parameters(parameters)));
  } catch (const std::exception& error) {
    answer = {{"error", error.what()}};
    code = 1;
  }
  const std::string text = answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const bool written = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(written ? code : 1);  // what a static destructor does is nobody's business here
}

}  // namespace

int host_command(int argc, char** argv) {
  CLI::App app{
      "Runs the nodes of one process of a launch. Started by rtctl launch; people use rtctl or tactus-run."};
  int control_fd = -1;
  std::string library;
  std::string parameters = "{}";
  auto* control =
      app.add_option("--control-fd", control_fd, "the supervisor's socket: it sends the plan, then \"go\"");
  app.add_option("--describe", library,
                 "construct the node of this shared object, print what it declares as JSON")
      ->excludes(control);
  app.add_option("--parameters", parameters,
                 "its parameters as JSON: {\"name\": {\"kind\": .., \"value\": ..}}");
  try {
    app.parse(argc, argv);
    if (library.empty() && control_fd < 0) throw CLI::RequiredError{"--control-fd or --describe"};
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!library.empty()) return describe(library, parameters);
  try {
    return run_supervised(control_fd);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tactus-host: {}\n", error.what());
    return 2;
  }
}

}  // namespace tactus
