// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "arguments.hpp"
#include "chrome_trace.hpp"
#include "command.hpp"
#include "flight.hpp"
#include "output/table.hpp"

namespace rtctl {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string last = "5s";
  std::string output;
  std::optional<std::string> group;
};

/// False with errno.
bool write_to(const fs::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  return !file.fail();
}

/// A file is there whole or not at all, whoever else writes one of that name.
void write_file(const fs::path& path, const std::string& text) {
  std::error_code none;
  const fs::path target = fs::exists(path, none) ? fs::canonical(path, none) : path;
  const bool device = fs::exists(target, none) && !fs::is_regular_file(target, none);
  fs::path beside = target;
  if (!device) beside += fmt::format(".{}", getpid());
  const bool written = write_to(beside, text) && (device || std::rename(beside.c_str(), target.c_str()) == 0);
  if (written) return;
  const std::string why = std::strerror(errno);
  if (!device) fs::remove(beside, none);
  throw Failure{fmt::format("{} cannot be written: {}", path.string(), why)};
}

std::int64_t oldest_record_ns(const std::vector<tactus::FlightProcess>& processes, std::int64_t newest_ns) {
  std::int64_t oldest_ns = newest_ns;
  for (const tactus::FlightProcess& process : processes) {
    for (const tactus::FlightThread& thread : process.threads) {
      if (!thread.records.empty()) oldest_ns = std::min(oldest_ns, thread.records.front().when_ns);
    }
  }
  return oldest_ns;
}

int trace(const Options& options) {
  const auto last = parse_duration("--last", options.last);
  if (last.count() == 0) throw Failure{"--last: must be longer than nothing", kUsage};
  PageReader reader{"rtctl trace"};
  std::vector<tactus::FlightProcess> processes = read_flights(reader.read(options.group));
  const std::int64_t newest_ns = tactus::newest_record_ns(processes);
  if (newest_ns == 0) throw Failure{"nothing is recorded yet: no node was called"};
  // Who is to blame may have begun before the time that is shown.
  std::vector<tactus::Miss> misses = tactus::find_misses(processes);
  const std::int64_t from_ns = newest_ns - last.count();
  std::erase_if(misses, [from_ns](const tactus::Miss& miss) { return miss.when_ns < from_ns; });
  tactus::forget_before(processes, from_ns);
  const tactus::ChromeTrace file = tactus::chrome_trace(processes, misses);
  if (options.output == "-") return print(file.json);
  write_file(options.output, file.json);
  const auto seen_ns = static_cast<double>(newest_ns - oldest_record_ns(processes, newest_ns));
  return print(fmt::format("{}: {} calls, {} messages, {} misses in {}; open it in https://ui.perfetto.dev\n",
                           options.output, file.calls, file.messages, file.misses, duration_text(seen_ns)));
}

}  // namespace

void add_trace(CLI::App& root, Run& run) {
  CLI::App& verb =
      *root.add_subcommand("trace", "The flight recorders as a file that Perfetto and chrome://tracing open");
  auto options = std::make_shared<Options>();
  verb.add_option("--last", options->last, "How far back; 5s when not given")->type_name("DURATION");
  verb.add_option("-o,--output", options->output, "The file to write; - is the standard output")
      ->required()
      ->type_name("FILE");
  add_group_option(verb, options->group, "Only this group");
  verb.footer("Examples:\n  rtctl trace -o trace.json\n  rtctl trace --last 500ms -o trace.json");
  verb.callback([&run, options] { run = [options] { return trace(*options); }; });
}

}  // namespace rtctl
