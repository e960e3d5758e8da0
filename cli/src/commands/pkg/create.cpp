// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "command.hpp"
#include "output/terminal.hpp"
#include "package_template.hpp"
#include "tactus/msg/registry.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string name;
  std::string destination = ".";
  std::string maintainer = "TODO";
  std::string email = "todo@example.com";
  std::string license = "Apache-2.0";
};

bool is_message_package(const std::string& name) {
  return std::ranges::any_of(tactus::known_types(), [&](const tactus::TypeInfo* type) {
    return std::string_view{type->name}.starts_with(name + "/");
  });
}

std::string escaped(std::string text) {
  for (const auto& [from, to] : {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}}) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += 2)
      text.replace(at, 1, to);
  }
  return text;
}

int pkg_create(const Options& options) {
  if (const std::string error = package_name_error(options.name); !error.empty())
    throw Failure{fmt::format("package name '{}': {}", options.name, error), kUsage};
  if (is_message_package(options.name))
    throw Failure{
        fmt::format("package name '{}': a package of messages that ships with Tactus has it", options.name),
        kUsage};
  const fs::path folder = fs::path{options.destination} / options.name;
  std::vector<fs::path> files;
  try {
    files = write_package(folder, {{"NAME", options.name},
                                   {"CLASS", class_name(options.name)},
                                   {"MAINTAINER", escaped(options.maintainer)},
                                   {"EMAIL", escaped(options.email)},
                                   {"LICENSE", escaped(options.license)}});
  } catch (const std::exception& problem) {
    throw Failure{problem.what()};
  }
  std::string text;
  for (const fs::path& file : files) text += fmt::format("{}\n", (folder / file).string());
  return print(text + fmt::format("\nBuild, test and run it: {}\n", (folder / "README.md").string()));
}

}  // namespace

void add_pkg_create(CLI::App& pkg, Run& run) {
  CLI::App& verb = *pkg.add_subcommand(
      "create", "A new package: message, node, unit test, conformance test, launch file, commit hook");
  auto options = std::make_shared<Options>();
  verb.add_option("name", options->name, "Of the package and its node: my_node")
      ->type_name("NAME")
      ->required();
  verb.add_option("--destination", options->destination, "Folder in which the package's folder is made")
      ->type_name("FOLDER");
  verb.add_option("--maintainer", options->maintainer, "Name, for package.xml")->type_name("TEXT");
  verb.add_option("--email", options->email, "For package.xml")->type_name("TEXT");
  verb.add_option("--license", options->license, "For package.xml")->type_name("TEXT");
  verb.footer(
      "Examples:\n  rtctl pkg create hand_tracker\n  rtctl pkg create hand_tracker --destination ~/ws/src "
      "--maintainer 'Ada L.' --email ada@example.com");
  verb.callback([&run, options] { run = [options] { return pkg_create(*options); }; });
}

}  // namespace rtctl
