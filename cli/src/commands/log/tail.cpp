// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>

#include <CLI/App.hpp>
#include <deque>
#include <fstream>

#include "arguments.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "launches.hpp"
#include "output/terminal.hpp"

namespace rtctl {
namespace {

constexpr int kLookMs = 100;

struct Options {
  std::string node;
  std::string group;
  std::string launch;
  std::size_t lines = 20;
  bool follow = false;
};

/// Reads whole lines; what has no end yet waits for it.
class LogReader {
 public:
  LogReader(const std::string& file, const std::string& node) : stream_{file}, file_{file} {
    if (!stream_) throw Failure{fmt::format("{} cannot be read", file)};
    if (!node.empty()) mark_ = fmt::format("[{}]: ", node);
  }
  /// Calls for each new line of the node.
  template <typename Call>
  void read(Call&& call) {
    for (char letter = 0; stream_.get(letter);) {
      if (letter != '\n') {
        partial_ += letter;
        continue;
      }
      if (mark_.empty() || partial_.find(mark_) != std::string::npos) call(partial_);
      partial_.clear();
    }
    stream_.clear();
  }

 private:
  std::ifstream stream_;
  std::string file_;
  std::string mark_;
  std::string partial_;
};

RunningLaunch& chosen(std::vector<RunningLaunch>& launches, const Options& options, std::string& node) {
  if (!options.node.empty()) {
    const auto found = find_node(launches, options.node, options.group);
    node = found.node->name;
    return *found.launch;
  }
  if (!options.launch.empty()) return find_launch(launches, options.launch);
  if (launches.size() > 1)
    throw Failure{"several launches are running: name one with --launch (rtctl ps lists them)", kUsage};
  return launches.front();
}

int log_tail(const Options& options) {
  auto launches = running_launches();
  std::string node;
  RunningLaunch& launch = chosen(launches, options, node);
  if (launch.log.empty()) throw Failure{fmt::format("{} keeps no log", launch.name)};
  LogReader reader{launch.log, node};
  std::deque<std::string> last;
  reader.read([&](const std::string& line) {
    last.push_back(line);
    if (last.size() > options.lines) last.pop_front();
  });
  std::string text;
  for (const std::string& line : last) text += line + "\n";
  if (!write_out(text) || !options.follow) return kSuccess;
  const Interrupt interrupt;
  bool read = true;
  while (read && !interrupt.requested()) {
    const bool ended = launch.control->wait_for_end(0);
    reader.read([&](const std::string& line) { read = read && write_out(line + "\n"); });
    if (ended) break;
    pollfd fd{.fd = interrupt.fd(), .events = POLLIN, .revents = 0};
    ::poll(&fd, 1, kLookMs);
  }
  return kSuccess;
}

}  // namespace

void add_log_tail(CLI::App& log, Run& run) {
  CLI::App& verb =
      *log.add_subcommand("tail", "The newest lines of a running launch's log, or of one node's");
  auto options = std::make_shared<Options>();
  verb.add_option("node", options->node, "Name of the node; all by default")->type_name("NODE");
  verb.add_option("-n,--lines", options->lines, "How many lines of the past")->type_name("COUNT");
  verb.add_flag("-f,--follow", options->follow, "Go on until the launch ends, or Ctrl-C");
  verb.add_option("--launch", options->launch, "Name or pid, as rtctl ps shows it")->type_name("LAUNCH");
  verb.add_option("--group", options->group, "Group of the node")->type_name("GROUP");
  verb.footer("Examples:\n  rtctl log tail\n  rtctl log tail /tracker -n 100 -f");
  verb.callback([&run, options] { run = [options] { return log_tail(*options); }; });
}

}  // namespace rtctl
