// SPDX-License-Identifier: Apache-2.0
#include "launch_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "arguments.hpp"
#include "command.hpp"
#include "output/table.hpp"
#include "tactus/install_space.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/launch_file.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

std::pair<std::string, std::string> parse_argument(const std::string& word) {
  const std::size_t at = word.find(":=");
  if (at == std::string::npos || at == 0)
    throw Failure{fmt::format("'{}' is no argument: write name:=value", word), kUsage};
  return {word.substr(0, at), word.substr(at + 2)};
}

tactus::ExpectedRate parse_expectation(const std::string& word) try {
  const std::size_t at = word.rfind(':');
  if (at == std::string::npos) throw std::invalid_argument{"write it like /imu:190Hz..210Hz"};
  return tactus::parse_expected_rate(absolute(word.substr(0, at)), word.substr(at + 1));
} catch (const std::invalid_argument& error) {
  throw Failure{fmt::format("--expect {}: {}", word, error.what()), kUsage};
}

tactus::Isolation parse_isolation(const std::string& word) {
  if (word == "none") return tactus::Isolation::kNone;
  if (word.empty() || word == "group") return tactus::Isolation::kGroup;
  if (word == "node") return tactus::Isolation::kNode;
  throw Failure{fmt::format("--isolate {}: none, group or node", word), kUsage};
}

std::vector<std::string> published(const tactus::LaunchPlan& plan) {
  std::vector<std::string> topics;
  for (const tactus::PlannedNode& node : plan.nodes) {
    for (const tactus::PortDescription& port : node.description.ports) {
      if (port.direction == tactus::PortDirection::kOutput) topics.push_back(node.topic_of(port));
    }
  }
  return topics;
}

void add_expectations(tactus::LaunchPlan& plan, const std::vector<tactus::ExpectedRate>& expectations) {
  const std::vector<std::string> topics = published(plan);
  for (const tactus::ExpectedRate& expected : expectations) {
    if (std::find(topics.begin(), topics.end(), expected.topic) == topics.end()) {
      throw Failure{fmt::format("--expect: nothing in {} publishes {}{}", plan.file, expected.topic,
                                tactus::did_you_mean(expected.topic, topics)),
                    kUsage};
    }
    plan.expectations.push_back(expected);
  }
}

[[noreturn]] void refuse(const std::vector<tactus::Diagnostic>& diagnostics) {
  for (const tactus::Diagnostic& diagnostic : diagnostics) write_error(tactus::to_text(diagnostic));
  const std::size_t count = diagnostics.size();
  throw Failure{fmt::format("{} {}, nothing was started", count, count == 1 ? "error" : "errors"), kUsage};
}

std::vector<std::string> launch_files_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{folder.empty() ? "." : folder, none}) {
    if (entry.path().extension() == ".yaml") files.push_back((folder / entry.path().filename()).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The file of a package is the first of the arguments.
std::string file_of_package(const std::string& package, std::vector<std::string>& arguments) {
  std::string name;
  if (!arguments.empty()) {
    name = arguments.front();
    arguments.erase(arguments.begin());
  }
  try {
    return tactus::find_launch_file(package, name).string();
  } catch (const tactus::InstallSpaceError& error) {
    const std::string no_file = name.empty() ? fmt::format("no file '{}', and ", package) : std::string{};
    throw Failure{no_file + error.what(), kUsage};
  }
}

// A path, or PACKAGE FILE.
std::string take_file(const LaunchWords& words, std::vector<std::string>& arguments) {
  const fs::path path{words.file};
  std::error_code none;
  if (fs::is_directory(path, none)) {
    const std::vector<std::string> files = launch_files_in(path);
    throw Failure{files.empty()
                      ? fmt::format("{} is a folder without launch files", words.file)
                      : fmt::format("{} is a folder: name one of {}", words.file, fmt::join(files, ", ")),
                  kUsage};
  }
  if (fs::exists(path, none)) return words.file;
  const std::string near = tactus::did_you_mean(words.file, launch_files_in(path.parent_path()));
  const bool may_be_package = tactus::token_error(words.file).empty();
  if (may_be_package && near.empty()) return file_of_package(words.file, arguments);
  throw Failure{fmt::format("{}: no such file{}", words.file, near), kUsage};
}

}  // namespace

LaunchOptions launch_options(const LaunchWords& words) {
  LaunchOptions options;
  std::vector<std::string> arguments = words.arguments;
  options.file = take_file(words, arguments);
  options.dry_run = words.dry_run;
  options.check = words.check;
  options.json = words.json;
  for (const std::string& word : arguments)
    options.arguments.insert_or_assign(parse_argument(word).first, parse_argument(word).second);
  for (const std::string& word : words.expectations) options.expectations.push_back(parse_expectation(word));
  if (!words.duration.empty()) options.duration = parse_duration("--duration", words.duration);
  options.processes = words.processes;
  options.group = words.group;
  options.debug = words.debug;
  options.detach = words.detach;
  options.isolation = parse_isolation(words.isolate);
  if (options.detach && !options.debug.empty())
    throw Failure{"--detach or --debug, not both: gdb needs the terminal", kUsage};
  if (options.json && (options.dry_run || options.check))
    throw Failure{fmt::format("{} or --json, not both: the plan is printed as text",
                              options.dry_run ? "--dry-run" : "--check"),
                  kUsage};
  if (options.json && !options.debug.empty())
    throw Failure{"--json or --debug, not both: gdb needs the terminal", kUsage};
  return options;
}

std::string launch_file(const LaunchWords& words) {
  std::vector<std::string> arguments = words.arguments;
  return take_file(words, arguments);
}

std::string arguments_text(const LaunchWords& words) try {
  const std::string file = launch_file(words);
  if (access(file.c_str(), R_OK) != 0)
    return fmt::format("{} cannot be read: {}\n", file, std::strerror(errno));
  Table table{{"ARGUMENT", "TYPE", "DEFAULT", "MEANING"}};
  for (const tactus::LaunchArgument& argument : tactus::launch_arguments(file)) {
    table.add({argument.name + ":=", argument.type, argument.required ? "must be given" : argument.initial,
               argument.help});
  }
  if (table.empty()) return fmt::format("{} declares no arguments\n", file);
  return fmt::format("Arguments of {}:\n{}", file, table.text());
} catch (const Failure& failure) {
  return fmt::format("{}\n", failure.what());
}

tactus::LaunchPlan load_plan(const LaunchOptions& options) try {
  const auto describe = [](const std::vector<tactus::DescribeRequest>& requests) {
    return tactus::describe_nodes(tactus::host_program(), requests);
  };
  tactus::LoadedLaunch loaded =
      tactus::load_launch_file(options.file, {options.arguments, options.group, options.cpus}, describe);
  if (!loaded.plan) refuse(loaded.diagnostics);
  if (!options.dry_run) {  // which prints them itself
    for (const tactus::Diagnostic& warning : loaded.plan->warnings)
      write_error(tactus::warning_text(warning));
  }
  add_expectations(*loaded.plan, options.expectations);
  *loaded.plan = tactus::isolated(std::move(*loaded.plan), options.isolation);
  if (options.processes.empty()) return std::move(*loaded.plan);
  return tactus::only_processes(std::move(*loaded.plan), options.processes);
} catch (const std::invalid_argument& error) {
  throw Failure{fmt::format("--processes: {}", error.what()), kUsage};
}

}  // namespace rtctl
