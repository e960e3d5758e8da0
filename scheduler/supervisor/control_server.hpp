// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <cstdint>
#include <list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tactus {

/// Where rtctl asks a launch: a socket in the abstract namespace (it leaves nothing behind, however the
/// launch ends), one JSON object per line. Answers only the user it runs as and root. Thread: one; nothing
/// blocks.
class ControlServer {
 public:
  struct Request {
    std::uint32_t client = 0;  ///< for answer()
    std::string text;
  };

  /// Throws std::system_error.
  explicit ControlServer(const std::string& name);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// What to wait for.
  void add_to(std::vector<pollfd>& fds) const;
  /// Whole requests that have come. Who is gone, or not of the same user, is dropped.
  std::vector<Request> read();
  /// No effect when the client is gone. The connection stays open: its end tells the client that the launch
  /// is over.
  void answer(std::uint32_t client, const nlohmann::json& answer);

 private:
  struct Client {
    std::uint32_t id = 0;
    int fd = -1;
    std::string received;
    bool gone = false;
  };
  void accept();
  void receive(Client& client, std::vector<Request>& requests);
  void refuse_strangers(Client& client);

  int listener_ = -1;
  std::uint32_t next_id_ = 1;
  std::list<Client> clients_;
};

}  // namespace tactus
