// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <string>

#include "flight_view.hpp"

namespace tactus {

/// One process with threads and nodes, and what happened in it, written by hand. Times in us.
struct Story {
  FlightProcess process{.name = "main", .pid = 100};

  std::size_t thread(const std::string& name, int priority) {
    process.threads.push_back({name, static_cast<std::uint32_t>(200 + process.threads.size()),
                               priority > 0 ? SCHED_FIFO : SCHED_OTHER, priority});
    return process.threads.size() - 1;
  }
  std::uint16_t node(const std::string& name, std::int64_t deadline_us = 0, std::int64_t budget_us = 0,
                     std::int64_t period_us = 0) {
    process.nodes.push_back({name, period_us * 1000, deadline_us * 1000, budget_us * 1000});
    return static_cast<std::uint16_t>(process.nodes.size() - 1);
  }
  std::uint16_t endpoint(const std::string& topic, std::uint32_t id, bool publisher) {
    process.endpoints.push_back({topic, id, publisher});
    return static_cast<std::uint16_t>(process.endpoints.size() - 1);
  }

  struct Times {
    std::int64_t due, start, end;
  };
  /// A whole call; what it missed follows from what was declared, as the host judges it.
  void call(std::size_t thread, std::uint16_t node, std::uint64_t cycle, Times us, std::uint16_t cpu = 0) {
    begin(thread, node, cycle, us, cpu);
    end(thread, node, cycle, us, cpu);
  }
  void begin(std::size_t thread, std::uint16_t node, std::uint64_t cycle, Times us, std::uint16_t cpu = 0,
             NodePhase phase = NodePhase::kStep) {
    write(thread, {.when_ns = us.start * 1000,
                   .kind = FlightKind::kStart,
                   .flags = static_cast<std::uint8_t>(phase),
                   .cpu = cpu,
                   .node = node,
                   .a = cycle,
                   .b = static_cast<std::uint64_t>(us.due * 1000)});
  }
  void end(std::size_t thread, std::uint16_t node, std::uint64_t cycle, Times us, std::uint16_t cpu = 0) {
    const FlightNode& declared = process.nodes[node];
    std::uint8_t outcome = 0;
    if (declared.deadline_ns > 0 && (us.end - us.due) * 1000 > declared.deadline_ns)
      outcome |= kFlightDeadlineMissed;
    if (declared.budget_ns > 0 && (us.end - us.start) * 1000 > declared.budget_ns)
      outcome |= kFlightOverBudget;
    write(thread, {.when_ns = us.end * 1000,
                   .kind = FlightKind::kEnd,
                   .flags = outcome,
                   .cpu = cpu,
                   .node = node,
                   .a = cycle,
                   .b = static_cast<std::uint64_t>((us.end - us.start) * 1000)});
  }
  void publish(std::size_t thread, std::uint16_t node, std::uint16_t endpoint, std::uint64_t sequence,
               std::int64_t us) {
    write(thread, {.when_ns = us * 1000,
                   .kind = FlightKind::kPublish,
                   .node = node,
                   .endpoint = endpoint,
                   .a = sequence});
  }
  void take(std::size_t thread, std::uint16_t node, std::uint16_t endpoint, std::uint32_t publisher,
            std::uint64_t sequence, std::int64_t us) {
    write(thread, {.when_ns = us * 1000,
                   .kind = FlightKind::kTake,
                   .node = node,
                   .endpoint = endpoint,
                   .a = publisher,
                   .b = sequence});
  }
  void skip(std::size_t thread, std::uint16_t node, std::uint64_t releases, std::int64_t us) {
    write(thread, {.when_ns = us * 1000, .kind = FlightKind::kSkip, .node = node, .a = releases});
  }
  void drop(std::size_t thread, std::uint16_t node, std::uint16_t endpoint, std::uint64_t messages,
            std::int64_t us) {
    write(
        thread,
        {.when_ns = us * 1000, .kind = FlightKind::kDrop, .node = node, .endpoint = endpoint, .a = messages});
  }
  void write(std::size_t thread, const FlightRecord& record) {
    process.threads[thread].records.push_back(record);
  }
};

}  // namespace tactus
