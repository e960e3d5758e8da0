// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace tactus {

enum class FlightKind : std::uint8_t {
  kNone,
  kStart,  ///< of a call; a: cycle, b: the instant it was due, CLOCK_MONOTONIC
  kEnd,    ///< of the call; a: cycle, b: run time in ns, flags: outcome
  kTake,   ///< the node got a message; a: PublisherId::index and, in the upper half, its process; b: sequence
  kPublish,  ///< a: sequence
  kDrop,     ///< messages that an input will never show; a: how many
  kSkip,     ///< releases of `every:` that were left out; a: how many
};

/// What became of a call: FlightRecord::flags of kEnd.
enum FlightOutcome : std::uint8_t {
  kFlightDeadlineMissed = 1,
  kFlightOverBudget = 2,
  kFlightFaulted = 4,
};

/// One thing that happened on a thread. Plain data; `flags` of kStart is the NodePhase.
struct FlightRecord {
  static constexpr std::uint16_t kNoEndpoint = 0xFFFF;
  std::int64_t when_ns = 0;  ///< CLOCK_MONOTONIC
  FlightKind kind = FlightKind::kNone;
  std::uint8_t flags = 0;
  std::uint16_t cpu = 0;                 ///< of kStart and kEnd
  std::uint16_t node = 0;                ///< index into ProcessPage::nodes
  std::uint16_t endpoint = kNoEndpoint;  ///< index into ProcessPage::endpoints
  std::uint64_t a = 0, b = 0;
  friend bool operator==(const FlightRecord&, const FlightRecord&) = default;
};
static_assert(sizeof(FlightRecord) == 32);

/// The record as it lies in memory. Put together in registers: reading back what was just stored in smaller
/// pieces would wait for the stores.
[[nodiscard]] constexpr std::array<std::uint64_t, 4> words_of(const FlightRecord& record) noexcept {
  static_assert(std::endian::native == std::endian::little);
  return {static_cast<std::uint64_t>(record.when_ns),
          std::uint64_t{static_cast<std::uint8_t>(record.kind)} | std::uint64_t{record.flags} << 8 |
              std::uint64_t{record.cpu} << 16 | std::uint64_t{record.node} << 32 |
              std::uint64_t{record.endpoint} << 48,
          record.a, record.b};
}

/// The newest records of one thread, in shared memory: who reads them never disturbs who writes. All-zero is
/// empty. They last 5 s at 3 records per ms.
struct alignas(64) FlightRecorder {
  static constexpr std::uint64_t kRecords = 16384;

  std::atomic<std::uint64_t> written{0};  ///< so far; number n lies in slots[n % kRecords]
  using Words = std::array<std::atomic<std::uint64_t>, 4>;
  std::array<Words, kRecords> slots{};

  /// One thread. Constant time: no allocation, no lock, no system call.
  void write(const FlightRecord& record) noexcept {
    const std::uint64_t number = written.load(std::memory_order_relaxed);
    const auto words = words_of(record);
    Words& slot = slots[number % kRecords];
    // Each a release: who sees any word of this record sees that the one before it in its slot is gone.
    for (std::size_t i = 0; i < words.size(); ++i) slot[i].store(words[i], std::memory_order_release);
    written.store(number + 1, std::memory_order_release);
  }
};

/// All records that are whole, oldest first: what the writer overwrites meanwhile is left out. `from`: the
/// number of the first one wanted, 0 for all; it becomes the number of the next one. Any thread, any process;
/// also of a dead one.
[[nodiscard]] std::vector<FlightRecord> read_flight(const FlightRecorder& recorder, std::uint64_t& from);
[[nodiscard]] std::vector<FlightRecord> read_flight(const FlightRecorder& recorder);

}  // namespace tactus
