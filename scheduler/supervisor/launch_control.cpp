// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/launch_control.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tactus/middleware/broker_client.hpp"

namespace tactus {
namespace {

constexpr int kAnswerLimitMs = 10'000;

}  // namespace

std::string control_name(std::uint32_t generation, std::uint32_t process_id) {
  return fmt::format("tactus-launch.{}.{}", generation, process_id);
}

socklen_t control_address(const std::string& name, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // a leading zero: no file
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

std::vector<std::unique_ptr<LaunchControl>> LaunchControl::all(BrokerClient& broker) {
  std::vector<std::unique_ptr<LaunchControl>> launches;
  const auto graph = nlohmann::json::parse(broker.graph());
  for (const auto& process : graph.at("processes")) {
    if (process.at("kind") != "supervisor") continue;
    try {
      launches.push_back(
          std::make_unique<LaunchControl>(control_name(graph.at("generation"), process.at("id"))));
    } catch (const ControlError&) {
      continue;  // it has just ended, or is just starting
    }
  }
  return launches;
}

LaunchControl::LaunchControl(const std::string& name) : fd_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_un address{};
  const socklen_t size = control_address(name, address);
  if (fd_ >= 0 && connect(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0) return;
  if (fd_ >= 0) close(fd_);
  throw ControlError{"the launch does not answer"};
}

LaunchControl::~LaunchControl() { close(fd_); }

std::string LaunchControl::ask(const std::string& request) {
  const std::string line = request + "\n";
  static_cast<void>(::send(fd_, line.data(), line.size(), MSG_NOSIGNAL));
  std::string answer;
  while (!answer.ends_with('\n')) {
    pollfd fd{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&fd, 1, kAnswerLimitMs) == 0)
      throw ControlError{"the launch does not answer: is it stopped, or busy starting?"};
    std::array<char, 16'384> buffer;
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (size <= 0) throw ControlError{"the launch has just ended"};
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  const auto json = nlohmann::json::parse(answer);
  if (const auto error = json.find("error"); error != json.end()) throw ControlError{*error};
  return answer;
}

bool LaunchControl::wait_for_end(int limit_ms) {
  pollfd fd{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&fd, 1, limit_ms) > 0;
}

}  // namespace tactus
