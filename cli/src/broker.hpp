// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "graph.hpp"

namespace tactus {
class BrokerClient;
class Doorbell;
class Transport;
}  // namespace tactus

namespace rtctl {

class Network;

/// The graph of the running system: of this host, or with --domain of all hosts of the DDS domain. Never
/// starts a broker: throws Failure "nothing is running".
[[nodiscard]] Graph read_graph(const std::string& group = {});
/// As read_graph, the broker's own text. On the network the group decides what is seen at all.
[[nodiscard]] std::string read_graph_text(const std::string& group = {});

/// A connection to the broker and the shared-memory transport on it, loaded only here: most verbs do without.
/// With --domain, to the DDS domain.
class Connection {
 public:
  enum class Join {
    kReader,   ///< asks only
    kRunning,  ///< joins shared memory of what is running
    kStart,    ///< as kRunning, and starts the broker where none runs
  };
  /// Throws Failure: nothing is running; or TransportError: why the broker refuses or does not start.
  Connection(const std::string& name, const std::string& group, Join join);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Graph graph();
  /// True when the broker ended.
  [[nodiscard]] bool ended() const;
  [[nodiscard]] std::string why_it_ended() const;
  /// Joins shared memory at the first call. Throws Failure.
  [[nodiscard]] tactus::Transport& transport();
  /// For the subscribers of this connection, with its index for their options.
  struct Bell {
    std::uint32_t id;
    tactus::Doorbell& doorbell;
  };
  [[nodiscard]] Bell bell();

 private:
  std::unique_ptr<tactus::BrokerClient> client_;
  Network* network_ = nullptr;  ///< instead of the client
  std::unique_ptr<tactus::Transport> transport_;
};

}  // namespace rtctl
