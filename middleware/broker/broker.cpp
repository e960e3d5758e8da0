// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include <fmt/core.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "../src/wire.hpp"
#include "leftovers.hpp"
#include "memory_page.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace tactus::broker {
namespace {

using Json = nlohmann::json;

constexpr auto kLinger = std::chrono::seconds{3};
constexpr const char* kGenerationFile = "/tmp/tactus-broker.generation";

std::uint32_t next_generation() {
  std::uint32_t generation = 0;
  std::ifstream{kGenerationFile} >> generation;
  ++generation;
  std::ofstream{kGenerationFile, std::ios::trunc} << generation;
  return generation;
}

int listen_socket() {
  unlink(kBrokerSocket);  // ours or stale: we hold the lock
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kBrokerSocket, sizeof address.sun_path - 1);
  const mode_t before = umask(0077);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  if (!bound || listen(fd, 64) != 0)
    throw std::runtime_error{fmt::format("cannot listen on {}: {}", kBrokerSocket, std::strerror(errno))};
  return fd;
}

std::vector<Pool> pools_for_this_host() {
  struct statvfs shm {};
  struct sysinfo memory {};
  if (statvfs("/dev/shm", &shm) != 0 || sysinfo(&memory) != 0)
    throw std::runtime_error{"cannot read the size of /dev/shm"};
  return pool_ladder(std::uint64_t{shm.f_bavail} * shm.f_frsize,
                     std::uint64_t{memory.totalram} * memory.mem_unit);
}

}  // namespace

Broker::Broker(bool can_repair)
    : can_repair_{can_repair},
      generation_{next_generation()},
      doorbells_{make_page<DoorbellPage>("tactus-doorbells")},
      events_{doorbells_.second->events},
      pools_{pools_for_this_host()},
      memory_{pools_, doorbells_.second->heartbeat},
      registry_{*doorbells_.second, pools_, Limits{}},
      listener_{listen_socket()},
      pulse_{Clock::now()} {
  remove_stale_runtime_files();
}

Broker::~Broker() {
  unlink(kBrokerSocket);
  close(listener_);
  remove_stale_runtime_files();
}

void Broker::run(int signals) {
  idle_since_ = Clock::now();
  while (!clients_.empty() || Clock::now() - idle_since_ < kLinger) {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}, {signals, POLLIN, 0}};
    for (const Client& client : clients_) fds.push_back({client.socket, POLLIN, 0});
    const std::size_t clients = clients_.size();
    // What is being reclaimed already goes by the clock.
    for (const Reclaim& reclaim : reclaims_) fds.push_back({reclaim.begun() ? -1 : reclaim.pidfd, POLLIN, 0});
    poll(fds.data(), fds.size(), 100);
    if (fds[1].revents != 0) return events_.say_end("it was asked to stop");
    if (fds[0].revents != 0) accept_client();
    serve(fds.data() + 2, clients);
    resend_reclaims();
    forget_pages();
    watch();
  }
}

void Broker::accept_client() {
  const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  // The socket is 0600; a client that stops reading must not stop the broker.
  const timeval limit{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  clients_.push_back({socket, peer.pid, static_cast<int>(syscall(SYS_pidfd_open, peer.pid, 0)), 0});
}

void Broker::serve(const pollfd* fds, std::size_t count) {
  auto client = clients_.begin();
  for (std::size_t i = 0; i < count; ++i) {
    const bool alive = fds[i].revents == 0 || exchange(*client);
    if (alive)
      ++client;
    else
      client = drop(client);
  }
}

bool Broker::exchange(Client& client) {
  std::string text;
  std::vector<int> fds;
  if (!wire::receive(client.socket, text, fds)) return false;
  for (const int fd : fds) close(fd);  // nobody is asked for any
  std::vector<int> attached;
  Json reply;
  try {
    reply = answer(client, Json::parse(text), attached);
  } catch (const TransportError& error) {
    reply = {{"error", error.what()}, {"code", static_cast<int>(error.code())}};
  } catch (const std::exception& error) {
    reply = {{"error", fmt::format("the broker does not understand the request: {}", error.what())}};
  }
  return wire::send(client.socket, reply.dump(-1, ' ', false, Json::error_handler_t::replace), attached);
}

}  // namespace tactus::broker
