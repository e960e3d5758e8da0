// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/terminal.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/registry.hpp"
#include "tactus/msg/type_id.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string package;
  bool json = false;
};

std::string package_of(const tactus::TypeInfo& type) {
  const std::string_view name = type.name;
  return std::string{name.substr(0, name.find('/'))};
}

std::vector<const tactus::TypeInfo*> types_of(const std::string& package) {
  std::vector<const tactus::TypeInfo*> types;
  std::vector<std::string> packages;
  for (const tactus::TypeInfo* type : tactus::known_types()) {
    packages.push_back(package_of(*type));
    if (package.empty() || packages.back() == package) types.push_back(type);
  }
  if (types.empty()) {
    throw Failure{
        fmt::format("there is no package '{}'{}", package, tactus::did_you_mean(package, packages))};
  }
  return types;
}

int msg_list(const Options& options) {
  auto json = nlohmann::ordered_json::array();
  std::string text;
  for (const tactus::TypeInfo* type : types_of(options.package)) {
    text += fmt::format("{}\n", type->name);
    json.push_back(
        {{"name", type->name}, {"bytes", type->size}, {"plain", type->plain}, {"hash", tactus::rihs(*type)}});
  }
  return print(options.json ? json.dump(2) + "\n" : text);
}

}  // namespace

void add_msg_list(CLI::App& msg, Run& run) {
  CLI::App& verb = *msg.add_subcommand("list", "Message types that ship with Tactus");
  auto options = std::make_shared<Options>();
  verb.add_option("package", options->package, "Only this package")->type_name("PACKAGE");
  verb.add_flag("--json", options->json, "As JSON, with size and hash");
  verb.footer("Examples:\n  rtctl msg list\n  rtctl msg list sensor_msgs --json");
  verb.callback([&run, options] { run = [options] { return msg_list(*options); }; });
}

}  // namespace rtctl
