// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct sockaddr_un;

/// The way to a launch that runs: asked by rtctl, answered by its supervisor. Texts are JSON
/// (docs/design/supervision.md).
namespace tactus {

class BrokerClient;

/// A launch could not be asked, or it refuses. The text is for people.
class ControlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The name of a supervisor's socket; its broker's generation and its id there.
[[nodiscard]] std::string control_name(std::uint32_t generation, std::uint32_t process_id);
/// In the abstract namespace; the size of the address.
socklen_t control_address(const std::string& name, sockaddr_un& address);

/// A connection to one launch. Thread: one. Blocks for an answer, 10 s at most.
class LaunchControl {
 public:
  /// Those of all launches that answer, found in the broker's graph.
  [[nodiscard]] static std::vector<std::unique_ptr<LaunchControl>> all(BrokerClient& broker);

  explicit LaunchControl(const std::string& name);
  ~LaunchControl();
  LaunchControl(const LaunchControl&) = delete;
  LaunchControl& operator=(const LaunchControl&) = delete;

  /// The answer to a request. Throws ControlError: what the launch says against it, or that it is gone.
  [[nodiscard]] std::string ask(const std::string& request);
  /// Waits until the launch has ended, at most so long. True: it has.
  bool wait_for_end(int limit_ms);

 private:
  int fd_ = -1;
};

}  // namespace tactus
