// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "tactus/middleware/flight_recorder.hpp"
#include "tactus/middleware/pages.hpp"
#include "tactus/middleware/sample_header.hpp"

namespace tactus {

/// Where a node writes what it does and how long it took. All outlive the node.
struct NodePlace {
  NodeCounters& counters;
  NodeTimes& times;
  FlightRecorder& recorder;  ///< of the thread that calls the node
  std::uint32_t node = 0;    ///< index of `counters` in the page
};

/// What one node writes into the flight recorder of its thread. Thread: the node's. Constant time: no
/// allocation, no lock, no system call. Instants are of CLOCK_MONOTONIC.
class FlightLog {
 public:
  FlightLog(FlightRecorder& recorder, std::uint32_t node) noexcept
      : recorder_{recorder}, node_{static_cast<std::uint16_t>(node)} {}

  void started(NodePhase phase, std::uint64_t cycle, std::int64_t due_ns, std::int64_t now_ns) noexcept;
  void ended(std::uint64_t cycle, std::int64_t run_ns, std::uint8_t outcome, std::int64_t now_ns) noexcept;
  void skipped(std::uint64_t releases, std::int64_t now_ns) noexcept;
  /// `endpoint`: index into the page, kNoPageIndex for none. A message is taken when its call began, or when
  /// the node last published: the clock is not read for it.
  void took(std::uint32_t endpoint, const SampleHeader& header) noexcept;
  void dropped(std::uint32_t endpoint, std::uint64_t messages) noexcept;
  void published(std::uint32_t endpoint, std::uint64_t sequence, std::int64_t now_ns) noexcept;
  /// Prefetches what the thread's next pass will write.
  void warm() const noexcept;

 private:
  /// Times never run backwards within a node: a publisher may stamp its messages as it likes.
  void write(FlightRecord record, std::int64_t when_ns) noexcept {
    newest_ns_ = std::max(newest_ns_, when_ns);
    record.when_ns = newest_ns_;
    record.node = node_;
    recorder_.write(record);
  }

  FlightRecorder& recorder_;
  std::uint16_t node_;
  std::int64_t newest_ns_ = 0;  ///< of this node's records
};

}  // namespace tactus
