// SPDX-License-Identifier: Apache-2.0
// What a running host is told: rtctl node, rtctl log level.
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <thread>
#include <utility>

#include "host_impl.hpp"
#include "successor.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus {
namespace {

constexpr std::size_t kShownBuildId = 8;

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

/// Why a node in this state cannot do it; empty: it can.
std::string why_not(NodeCommand command, NodeState state) {
  const bool runs = state == NodeState::kRunning;
  const bool paused = state == NodeState::kPaused;
  if (command == NodeCommand::kStop && state == NodeState::kStopped) return "it is stopped already";
  if (command == NodeCommand::kStart && runs) return "it runs already";
  if (command == NodeCommand::kStart && paused) return "it is paused: rtctl node resume";
  if (command == NodeCommand::kReload && paused) return "it is paused: rtctl node resume";
  if (command == NodeCommand::kReload && state == NodeState::kStarting) return "it is starting: try again";
  if (command == NodeCommand::kPause && !runs) return fmt::format("it is {}", to_text(state));
  if (command == NodeCommand::kResume && !paused) return fmt::format("it is {}, not paused", to_text(state));
  return {};
}

}  // namespace

std::string Host::Impl::command(const std::string& node, const std::string& what,
                                std::chrono::milliseconds limit) {
  static const std::map<std::string, NodeCommand> kCommands{{"stop", NodeCommand::kStop},
                                                            {"start", NodeCommand::kStart},
                                                            {"restart", NodeCommand::kRestart},
                                                            {"pause", NodeCommand::kPause},
                                                            {"resume", NodeCommand::kResume}};
  const HostedNode* hosted = nodes_.find(node);
  const auto command = kCommands.find(what);
  if (hosted == nullptr || command == kCommands.end())
    return fmt::format("process '{}' cannot {} {}", settings_.process, what, node);
  const NodeRunner& runner = *hosted->runner;
  if (std::string why = why_not(command->second, runner.state()); !why.empty()) return why;
  for (const Thread& thread : threads_) thread.worker->ask(node, command->second);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (runner.asked() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  if (runner.asked()) return "it is busy: it is done once its call returns";
  if (runner.state() == NodeState::kFaulted) return "it faulted as it started; its log says why";
  return {};
}

/// What takes time is done here; the node's thread only exchanges one object for the other.
Reload Host::Impl::reload(const std::string& node, const std::filesystem::path& library,
                          const std::map<std::string, ParameterValue>& given,
                          std::chrono::milliseconds limit) try {
  HostedNode* hosted = nodes_.find(node);
  if (hosted == nullptr) return {fmt::format("process '{}' has no node {}", settings_.process, node), {}};
  NodeRunner& runner = *hosted->runner;
  if (std::string why = why_not(NodeCommand::kReload, runner.state()); !why.empty())
    return {std::move(why), {}};
  if (!settings_.program.empty())
    return {fmt::format("it is a program ({}): kill its process ({}) to start the new one", settings_.program,
                        getpid()),
            {}};
  const std::string before = hosted->library->loaded_build_id();
  if (given.empty() && !before.empty() && before == build_id(library))
    return {fmt::format("it runs this build already ({}): rtctl node restart constructs it again",
                        before.substr(0, kShownBuildId)),
            {}};
  const std::int64_t start_ns = monotonic_ns();
  auto parameters = given;
  parameters.insert(runner.context().parameters().begin(), runner.context().parameters().end());
  Successor next{runner.context(), runner.trigger(), library, std::move(parameters)};
  const std::int64_t loaded_ns = monotonic_ns();
  if (!exchange(runner, next, limit))
    return {
        fmt::format("it is busy: its call has not returned for {} ms; nothing was replaced", limit.count()),
        next.close(thread_ids())};
  if (!next.refused.empty()) return {next.refused + "; the one before goes on", next.close(thread_ids())};
  std::swap(hosted->library, next.library);
  const std::string left = next.close(thread_ids());
  return {{},
          fmt::format("build {} in place of {}: loaded in {:.1f} ms, its thread was held for {:.3f} ms, {}{}",
                      hosted->library->loaded_build_id().substr(0, kShownBuildId),
                      before.substr(0, kShownBuildId), milliseconds(loaded_ns - start_ns),
                      milliseconds(next.held_ns), next.state_text(), left.empty() ? "" : "; " + left),
          next.held_ns};
} catch (const std::exception& error) {
  return {error.what(), {}};
}

/// False: the node's thread was busy for all that time, and `next` was taken back.
bool Host::Impl::exchange(NodeRunner& runner, Successor& next, std::chrono::milliseconds limit) {
  runner.offer(next);
  for (const Thread& thread : threads_) thread.worker->ask(runner.name(), NodeCommand::kReload);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!next.done.load(std::memory_order_acquire)) {
    std::this_thread::sleep_for(std::chrono::microseconds{50});
    if (std::chrono::steady_clock::now() > deadline && runner.withdraw()) return false;
  }
  return true;
}

std::vector<int> Host::Impl::thread_ids() const {
  std::vector<int> ids;
  for (const Thread& thread : threads_) ids.push_back(thread.worker->thread_id());
  return ids;
}

std::string Host::Impl::set_log_level(const std::string& node, const std::string& level) {
  static const std::map<std::string, LogLevel> kLevels{{"debug", LogLevel::kDebug},
                                                       {"info", LogLevel::kInfo},
                                                       {"warn", LogLevel::kWarn},
                                                       {"error", LogLevel::kError}};
  const auto found = kLevels.find(level);
  if (found == kLevels.end()) return fmt::format("'{}' is no level: debug, info, warn or error", level);
  return nodes_.logs().set_level(node, found->second) ? "" : fmt::format("no node {} is here", node);
}

}  // namespace tactus
