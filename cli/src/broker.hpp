// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "graph.hpp"

namespace tactus {
class BrokerClient;
class Transport;
}  // namespace tactus

namespace rtctl {

/// The graph of the running system. Never starts a broker: throws Failure "nothing is running".
[[nodiscard]] Graph read_graph();
/// As read_graph, the broker's own text.
[[nodiscard]] std::string read_graph_text();

/// A connection to the broker, and the shared-memory transport on it, loaded only here: most verbs do
/// without.
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

  [[nodiscard]] tactus::BrokerClient& client() { return *client_; }
  [[nodiscard]] Graph graph();
  /// True when the broker ended.
  [[nodiscard]] bool ended() const;
  [[nodiscard]] std::string why_it_ended() const;
  /// Joins shared memory at the first call. Throws Failure.
  [[nodiscard]] tactus::Transport& transport();

 private:
  std::unique_ptr<tactus::BrokerClient> client_;
  std::unique_ptr<tactus::Transport> transport_;
};

}  // namespace rtctl
