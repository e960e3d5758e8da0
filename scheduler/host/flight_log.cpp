// SPDX-License-Identifier: Apache-2.0
#include "flight_log.hpp"

#include <sched.h>

#include "tactus/middleware/prefetch.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus {
namespace {

std::uint16_t short_index(std::uint32_t endpoint) noexcept {
  return endpoint < FlightRecord::kNoEndpoint ? static_cast<std::uint16_t>(endpoint)
                                              : FlightRecord::kNoEndpoint;
}
static_assert(kMaxEndpointsPerProcess < FlightRecord::kNoEndpoint);

// Answered from the thread's own memory (rseq), or by the vDSO.
std::uint16_t this_cpu() noexcept { return static_cast<std::uint16_t>(sched_getcpu()); }

}  // namespace

void FlightLog::started(NodePhase phase, std::uint64_t cycle, std::int64_t due_ns,
                        std::int64_t now_ns) noexcept {
  write({.kind = FlightKind::kStart,
         .flags = static_cast<std::uint8_t>(phase),
         .cpu = this_cpu(),
         .a = cycle,
         .b = static_cast<std::uint64_t>(due_ns)},
        now_ns);
}

void FlightLog::ended(std::uint64_t cycle, std::int64_t run_ns, std::uint8_t outcome,
                      std::int64_t now_ns) noexcept {
  write({.kind = FlightKind::kEnd,
         .flags = outcome,
         .cpu = this_cpu(),
         .a = cycle,
         .b = static_cast<std::uint64_t>(run_ns)},
        now_ns);
}

void FlightLog::skipped(std::uint64_t releases, std::int64_t now_ns) noexcept {
  write({.kind = FlightKind::kSkip, .a = releases}, now_ns);
}

void FlightLog::took(std::uint32_t endpoint, const SampleHeader& header) noexcept {
  write({.kind = FlightKind::kTake,
         .endpoint = short_index(endpoint),
         .a = std::uint64_t{header.publisher.process} << 32 | header.publisher.index,
         .b = header.sequence},
        newest_ns_);
}

void FlightLog::dropped(std::uint32_t endpoint, std::uint64_t messages) noexcept {
  write({.kind = FlightKind::kDrop, .endpoint = short_index(endpoint), .a = messages}, newest_ns_);
}

void FlightLog::published(std::uint32_t endpoint, std::uint64_t sequence, std::int64_t now_ns) noexcept {
  write({.kind = FlightKind::kPublish, .endpoint = short_index(endpoint), .a = sequence}, now_ns);
}

void FlightLog::warm() const noexcept {
  constexpr std::uint64_t kRecordsAhead = 64;
  const std::uint64_t next = recorder_.written.load(std::memory_order_relaxed);
  for (std::uint64_t ahead = 0; ahead < kRecordsAhead; ahead += kCacheLine / sizeof(FlightRecord))
    prefetch(recorder_.slots[(next + ahead) % FlightRecorder::kRecords]);
}

}  // namespace tactus
