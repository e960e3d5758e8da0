// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tactus/middleware/flight_recorder.hpp"
#include "tactus/middleware/pages.hpp"

/// What the flight recorders of running and ended processes hold, as plain values.
namespace tactus {

struct FlightNode {
  std::string name;
  std::int64_t period_ns = 0, deadline_ns = 0, budget_ns = 0;  ///< declared; 0: none
};

struct FlightEndpoint {
  std::string topic;
  std::uint32_t id = 0;  ///< PublisherId::index of its messages
  bool publisher = false;
};

struct FlightThread {
  std::string name;  ///< of the executor, or of the self-looping node
  std::uint32_t tid = 0;
  int policy = 0;  ///< SCHED_OTHER, SCHED_FIFO, SCHED_RR
  int priority = 0;
  std::vector<FlightRecord> records{};  ///< oldest first
};

struct FlightProcess {
  std::string name;
  std::string group{};
  int pid = 0;
  bool ended = false;
  std::vector<FlightNode> nodes{};
  std::vector<FlightEndpoint> endpoints{};
  std::vector<FlightThread> threads{};
};

/// Reads nodes, endpoints, threads and their records; the rest is the caller's.
[[nodiscard]] FlightProcess read_flight_process(const ProcessPage& page);

/// A message as both of its ends know it.
struct MessageKey {
  std::uint32_t publisher = 0;  ///< PublisherId::index
  std::uint64_t sequence = 0;
  friend auto operator<=>(const MessageKey&, const MessageKey&) = default;
};

/// One call of a node, put together from its records.
struct FlightCall {
  std::size_t process = 0, thread = 0;  ///< indices
  std::size_t node = 0;                 ///< index into the process' nodes
  NodePhase phase = NodePhase::kIdle;
  std::uint64_t cycle = 0;
  std::uint16_t cpu = 0;
  std::int64_t due_ns = 0, start_ns = 0, end_ns = 0;
  std::uint8_t outcome = 0;   ///< FlightOutcome
  bool finished = true;       ///< false: end_ns is the newest instant that is known
  std::uint64_t skipped = 0;  ///< releases left out just before it
  std::vector<MessageKey> taken{};
};

/// Of all threads, by the instant of their start. A call whose start was overwritten is left out.
[[nodiscard]] std::vector<FlightCall> flight_calls(const std::vector<FlightProcess>& processes);

/// The instant of the newest record; 0 when there is none.
[[nodiscard]] std::int64_t newest_record_ns(const std::vector<FlightProcess>& processes);

/// Removes what happened before `from_ns`.
void forget_before(std::vector<FlightProcess>& processes, std::int64_t from_ns);

}  // namespace tactus
