// SPDX-License-Identifier: Apache-2.0
#include "gateway_process.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tactus/scheduler/supervisor.hpp"

namespace tactus {
namespace {

std::vector<std::string> arguments(const NetworkSettings& settings, const HostSettings& host,
                                   const std::filesystem::path& program) {
  std::vector<std::string> list{program.string(), "--domain", std::to_string(settings.domain), "--control-fd",
                                std::to_string(ChildProcess::kControlFd)};
  const auto add = [&list](const char* option, const std::string& value) {
    if (!value.empty()) list.insert(list.end(), {option, value});
  };
  add("--interface", settings.interface);
  add("--group", host.group);
  for (const auto& chain : host.chains) add("--chain", fmt::format("{}={}", chain.first, chain.origin_id));
  add("--ros", settings.ros);
  for (const auto& peer : settings.peers) add("--peer", peer);
  for (const auto& topic : settings.exports) add("--export", topic);
  for (const auto& topic : settings.imports) add("--import", topic);
  for (const auto& [topic, priority] : settings.priorities)
    add("--priority",
        fmt::format("{}={}", topic, priority == TopicPriority::kKeep ? "keep" : std::to_string(priority)));
  add("--security", settings.security);
  if (!settings.multicast) list.emplace_back("--no-multicast");
  if (settings.loss_free) list.emplace_back("--loss-free");
  return list;
}

/// The reason that a gateway gave before it ended; empty when it gave none.
std::string reason(ChildProcess& child) {
  while (const auto line = child.read_line(std::chrono::milliseconds{0})) {
    const auto report = nlohmann::json::parse(*line);
    if (report.at("what") == "failed") return report.at("text");
  }
  return {};
}

}  // namespace

GatewayProcess::GatewayProcess(const NetworkSettings& settings, const HostSettings& host,
                               const std::filesystem::path& program, int stdout_fd, int stderr_fd)
    : options_{arguments(settings, host, program), false, true, stdout_fd, stderr_fd} {
  start();
}

void GatewayProcess::start() {
  child_.reset();
  child_.emplace(options_);
}

void GatewayProcess::wait_until_ready(std::chrono::milliseconds limit) {
  const auto line = child_->read_line(limit);
  if (!line)
    throw SupervisorError{fmt::format(
        "the gateway {}", child_->closed() ? "ended while it started" : "did not come up in time")};
  const auto report = nlohmann::json::parse(*line);
  if (report.at("what") == "failed")
    throw LaunchRefused{fmt::format("network: {}", report.at("text").get<std::string>())};
}

std::string GatewayProcess::news() {
  const auto line = child_->read_line(std::chrono::milliseconds{0});
  if (!line) return {};
  const auto report = nlohmann::json::parse(*line);
  return report.at("what") == "notice" ? report.at("text").get<std::string>() : std::string{};
}

std::string GatewayProcess::poll() {
  const auto end = child_->poll();
  if (!end) return news();
  if (!restart_at_) {
    restart_at_ = Clock::now() + kRestartAfter;
    const std::string why = reason(*child_);
    if (!why.empty() && why == told_) return {};
    told_ = why;
    return fmt::format("the gateway {}{}; it is started again", to_text(*end), why.empty() ? "" : ": " + why);
  }
  if (Clock::now() < *restart_at_) return {};
  restart_at_.reset();
  start();
  return {};
}

void GatewayProcess::stop(std::chrono::milliseconds limit) {
  child_->signal(SIGTERM);
  if (child_->wait(limit)) return;
  child_->signal(SIGKILL);
  child_->wait(limit);
}

}  // namespace tactus
