// SPDX-License-Identifier: Apache-2.0
#include "control_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "tactus/scheduler/launch_control.hpp"

namespace tactus {
namespace {

constexpr std::size_t kMostClients = 32;
constexpr std::size_t kLongestRequest = 4096;

}  // namespace

ControlServer::ControlServer(const std::string& name)
    : listener_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  sockaddr_un address{};
  const socklen_t size = control_address(name, address);
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 8) != 0) {
    const int error = errno;
    if (listener_ >= 0) close(listener_);
    throw std::system_error{error, std::generic_category(), "control socket " + name};
  }
}

ControlServer::~ControlServer() {
  for (const Client& client : clients_) close(client.fd);
  close(listener_);
}

void ControlServer::add_to(std::vector<pollfd>& fds) const {
  fds.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
  for (const Client& client : clients_) fds.push_back({.fd = client.fd, .events = POLLIN, .revents = 0});
}

std::vector<ControlServer::Request> ControlServer::read() {
  accept();
  std::vector<Request> requests;
  for (Client& client : clients_) receive(client, requests);
  std::erase_if(clients_, [](const Client& client) {
    if (client.gone) close(client.fd);
    return client.gone;
  });
  return requests;
}

void ControlServer::accept() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() >= kMostClients) {
      close(fd);
      continue;
    }
    clients_.push_back({next_id_++, fd, {}, false});
    refuse_strangers(clients_.back());
  }
}

void ControlServer::refuse_strangers(Client& client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  getsockopt(client.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (peer.uid == geteuid() || peer.uid == 0) return;
  answer(client.id, {{"error", fmt::format("this launch (pid {}) belongs to user {}, not to you (user {})",
                                           getpid(), geteuid(), peer.uid)}});
  client.gone = true;
}

void ControlServer::receive(Client& client, std::vector<Request>& requests) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(client.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) break;
    client.gone = client.gone || size == 0;
    if (size == 0) break;
    client.received.append(buffer.data(), static_cast<std::size_t>(size));
    if (client.received.size() > kLongestRequest) client.gone = true;
    if (client.gone) return;
  }
  for (std::size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    requests.push_back({client.id, client.received.substr(0, end)});
    client.received.erase(0, end + 1);
  }
}

void ControlServer::answer(std::uint32_t id, const nlohmann::json& answer) {
  const std::string line = answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  for (Client& client : clients_) {
    if (client.id != id) continue;
    // A client that does not read for long loses its answer, not the launch its time.
    std::size_t sent = 0;
    for (int tries = 0; sent < line.size() && tries < 100; ++tries) {
      const ssize_t size = ::send(client.fd, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (size > 0) sent += static_cast<std::size_t>(size);
      if (size < 0 && errno != EAGAIN) break;
      pollfd fd{.fd = client.fd, .events = POLLOUT, .revents = 0};
      if (size < 0) ::poll(&fd, 1, 10);
    }
    client.gone = client.gone || sent < line.size();
  }
}

}  // namespace tactus
