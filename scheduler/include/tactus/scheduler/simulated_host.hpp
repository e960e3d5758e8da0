// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/scheduler/host.hpp"

/// A launch on virtual time (`clock: simulated`): in one process, one node at a time, as fast as it goes.
namespace tactus {

/// What passed through one topic.
struct SimulatedTopic {
  std::string name;
  std::string type;
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  std::uint64_t messages = 0;
  std::uint64_t dropped = 0;    ///< at full queues of readers
  std::uint64_t unmatched = 0;  ///< no partner for `on_all`
  double rate_hz = 0;           ///< from the first message to the newest, virtual
  std::string digest;           ///< XXH3-128 of times and CDR of all messages in their order, 32 hex
};

struct SimulationReport {
  std::int64_t simulated_ns = 0;
  std::int64_t real_ns = 0;
  std::string end;  ///< why it ended: "node /player ended", "the time is over"
  std::vector<SimulatedTopic> topics;
};
[[nodiscard]] std::string to_json_text(const SimulationReport& report);
/// Throws std::invalid_argument when the text is not what to_json_text writes.
[[nodiscard]] SimulationReport simulation_report_from_json(std::string_view text);

/// The instant at which the virtual time of every simulated launch begins: 2001-09-09 01:46:40 UTC.
inline constexpr std::int64_t kSimulationStartNs = 1'000'000'000'000'000'000;

/// The nodes of a simulated launch. The group's clock of this process is virtual from construction on.
/// Thread: one.
class SimulatedHost {
 public:
  /// `services`: its transport and its bells are not used.
  SimulatedHost(const HostSettings& settings, HostServices services);
  ~SimulatedHost();
  SimulatedHost(const SimulatedHost&) = delete;
  SimulatedHost& operator=(const SimulatedHost&) = delete;

  /// Loads the libraries and constructs every node in file order. Throws HostError.
  void construct();
  /// Starts the nodes, runs until a node with `ends_launch` has ended, the time is over, nothing is left to
  /// happen or `stop` is requested, and stops the nodes. Blocks. Throws HostError when time stands still.
  SimulationReport run(const std::stop_token& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tactus
