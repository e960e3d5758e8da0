// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "events.hpp"
#include "group_clocks.hpp"
#include "pulse.hpp"
#include "registry.hpp"
#include "shared_memory.hpp"

namespace tactus::broker {

/// Answers the clients of the control socket, reclaims what they leave when they die, and ends the generation
/// when the shared memory cannot be trusted any more. One thread.
class Broker {
 public:
  /// `can_repair`: mutexes of dead owners may be opened (mutex_repair.hpp). Throws std::runtime_error.
  explicit Broker(bool can_repair);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Until the last client has been gone for some seconds, or `signals` is readable. Does not return when the
  /// generation ends: the process does.
  void run(int signals);

 private:
  using Json = nlohmann::json;
  using Clock = std::chrono::steady_clock;

  struct Client {
    int socket = -1;
    pid_t pid = 0;
    int pidfd = -1;
    std::uint32_t process = 0;  ///< 0 before the hello
  };
  /// What a process that disconnected will leave, or has left: reclaimed once it is dead. Not before: a
  /// process that ends regularly takes leave of RouDi itself, and would wait for ever for an answer to a
  /// second leave. RouDi may miss the first message.
  struct Reclaim {
    std::string runtime;
    int pidfd = -1;
    Clock::time_point next;
    int tries = kTries;  ///< that are left

    static constexpr int kTries = 5;
    [[nodiscard]] bool begun() const { return tries < kTries; }
  };

  /// The page of a process that called nodes and ended: readable for a while, for who asks what happened.
  struct Ended {
    std::uint32_t id = 0;
    pid_t pid = 0;
    std::string name, group;
    int page_fd = -1;
    Clock::time_point since;
  };

  // broker.cpp
  void accept_client();
  void serve(const pollfd* fds, std::size_t count);
  bool exchange(Client& client);

  // broker_requests.cpp
  Json answer(Client& client, const Json& request, std::vector<int>& attached);
  Json hello(Client& client, const Json& request, std::vector<int>& attached);
  Json add_endpoint(Process& process, const Json& request, bool publisher);
  Json kill_process(pid_t pid);
  [[nodiscard]] Json graph() const;
  [[nodiscard]] Json memory_json() const;

  // broker_recovery.cpp
  std::list<Client>::iterator drop(std::list<Client>::iterator client);
  void examine(const Process& process, const Client& client);
  void repair(const Process& process);
  void keep_page(const Process& process);
  void forget_pages();
  void resend_reclaims();
  void watch();
  [[nodiscard]] const Process* stopped_inside_a_call() const;
  void end_generation(const std::string& reason, std::chrono::milliseconds notice);
  [[noreturn]] void leave();

  bool can_repair_;
  std::uint32_t generation_;
  std::pair<int, DoorbellPage*> doorbells_;
  Events events_;
  std::vector<Pool> pools_;
  SharedMemory memory_;
  Registry registry_;
  GroupClocks clocks_;
  int listener_;
  std::list<Client> clients_;
  std::list<Reclaim> reclaims_;
  std::list<Ended> ended_;
  Clock::time_point idle_since_;
  Pulse pulse_;
  bool said_stopped_ = false;
  std::string end_reason_;  ///< empty while the generation goes on
  Clock::time_point end_at_;
};

}  // namespace tactus::broker
