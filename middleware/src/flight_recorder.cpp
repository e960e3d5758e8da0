// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/flight_recorder.hpp"

#include <algorithm>

namespace tactus {
namespace {

FlightRecord copy(const FlightRecorder::Words& slot) noexcept {
  std::array<std::uint64_t, sizeof(FlightRecord) / 8> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = slot[i].load(std::memory_order_acquire);
  return std::bit_cast<FlightRecord>(words);
}

}  // namespace

std::vector<FlightRecord> read_flight(const FlightRecorder& recorder, std::uint64_t& from) {
  constexpr std::uint64_t kRecords = FlightRecorder::kRecords;
  const std::uint64_t end = recorder.written.load(std::memory_order_acquire);
  const std::uint64_t first = std::max(std::min(from, end), end > kRecords ? end - kRecords : 0);
  std::vector<FlightRecord> records;
  records.reserve(end - first);
  for (std::uint64_t n = first; n < end; ++n) records.push_back(copy(recorder.slots[n % kRecords]));
  // Record n is whole as long as number n + kRecords has not been begun; asked after all words were read.
  const std::uint64_t now = recorder.written.load(std::memory_order_relaxed);
  const std::uint64_t oldest = now >= kRecords ? now - kRecords + 1 : 0;
  const std::uint64_t gone = std::min(oldest > first ? oldest - first : 0, end - first);
  records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(gone));
  from = end;
  return records;
}

std::vector<FlightRecord> read_flight(const FlightRecorder& recorder) {
  std::uint64_t from = 0;
  return read_flight(recorder, from);
}

}  // namespace tactus
