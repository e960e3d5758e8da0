// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "network.hpp"
#include "output/terminal.hpp"
#include "transport_module.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string folder;
  std::vector<std::string> hosts;
  int days = 365;
  bool json = false;
};

int security_create(const Options& options) {
  const auto made =
      load_function<CreateKeys>(kCreateKeys, kNetworkModule)(options.folder, options.hosts, options.days);
  if (options.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < made.size(); ++i)
      list.push_back({{"host", options.hosts[i]}, {"folder", made[i]}});
    return print(list.dump(2) + "\n");
  }
  std::string text;
  for (const auto& folder : made) text += fmt::format("{}\n", folder);
  return print(
      text +
      fmt::format(
          "\nCopy each folder to its host, where nobody else can read it; "
          "{}/ca stays here: who has it can let in anybody.\n"
          "Launch files: network: {{security: FOLDER}}. Tools: rtctl --domain N --security FOLDER ...\n",
          options.folder));
}

}  // namespace

void add_security_create(CLI::App& security, Run& run) {
  CLI::App& verb =
      *security.add_subcommand("create", "Keys for hosts: who may join a domain, and nobody else");
  auto options = std::make_shared<Options>();
  verb.add_option("folder", options->folder, "Where they are made; with CAs already, more hosts of theirs")
      ->required()
      ->type_name("FOLDER");
  verb.add_option("hosts", options->hosts, "Names of the hosts")->required()->type_name("HOST");
  verb.add_option("--days", options->days, "How long the hosts' keys are valid")->check(CLI::Range(1, 3650));
  verb.add_flag("--json", options->json, "As JSON");
  verb.footer(
      "Examples:\n  rtctl security create ~/keys robot headset laptop\n"
      "  rtctl security create ~/keys tablet --days 30");
  verb.callback([&run, options] { run = [options] { return security_create(*options); }; });
}

}  // namespace rtctl
