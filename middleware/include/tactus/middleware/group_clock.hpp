// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "tactus/middleware/time.hpp"

namespace tactus {

/// A group's clock as a formula: time = base + rate * (CLOCK_MONOTONIC - start).
struct GroupClock {
  std::int64_t base_ns = 0;   ///< since the UTC epoch
  std::int64_t start_ns = 0;  ///< CLOCK_MONOTONIC
  double rate = 1;            ///< seconds of the group per second
  std::uint32_t id = 0;       ///< as in SampleHeader; 0: of a process without a broker

  [[nodiscard]] Time at(std::int64_t monotonic_ns) const noexcept;
  /// The first instant of CLOCK_MONOTONIC at which the clock shows `time` or more; the clock's start for all
  /// that lies before it, the end of time for what never comes.
  [[nodiscard]] std::int64_t monotonic_at(Time time) const noexcept;
};

/// What the group's clock of another host shows, as its gateway and ours have measured it.
struct RemoteClock {
  std::uint32_t id = 0;             ///< as in SampleHeader
  std::int64_t offset_ns = 0;       ///< what it shows minus what this group's clock shows
  std::int64_t uncertainty_ns = 0;  ///< of the offset, to both sides, when it was measured
  std::int64_t measured_ns = 0;     ///< CLOCK_MONOTONIC
  friend bool operator==(const RemoteClock&, const RemoteClock&) = default;
};
inline constexpr std::size_t kMaxRemoteClocks = 32;
/// How fast two clocks drift apart at most: an old measurement is less certain.
inline constexpr std::int64_t kDriftPartsPerMillion = 100;

/// A group's clock in shared memory, and those of other hosts: one writer (the broker), any number of
/// readers, no locks.
class ClockPage {
 public:
  void set(const GroupClock& clock) noexcept;
  [[nodiscard]] GroupClock read() const noexcept;

  /// In place of those before; those beyond kMaxRemoteClocks are left out.
  void set_remote(std::span<const RemoteClock> clocks) noexcept;
  [[nodiscard]] std::optional<RemoteClock> find_remote(std::uint32_t id) const noexcept;

 private:
  struct Remote {
    std::atomic<std::uint32_t> id{0};
    std::atomic<std::int64_t> offset_ns{0};
    std::atomic<std::int64_t> uncertainty_ns{0};
    std::atomic<std::int64_t> measured_ns{0};
  };
  std::atomic<std::uint32_t> version_{0};  ///< odd while it is written
  std::atomic<std::uint32_t> id_{0};
  std::atomic<std::int64_t> base_ns_{0};
  std::atomic<std::int64_t> start_ns_{0};
  std::atomic<double> rate_{0};
  std::atomic<std::uint32_t> remote_version_{0};  ///< odd while the table is written
  std::array<Remote, kMaxRemoteClocks> remote_;
};

/// The clock that group_now() reads: the group's, once the process is connected to the broker; before that
/// one of its own, UTC at its first use. Any thread; never blocks.
[[nodiscard]] GroupClock group_clock() noexcept;

/// An instant of another clock, on the group's own.
struct ClockReading {
  Time time;
  Duration uncertainty{0};  ///< the instant lies within time +- uncertainty
};
/// Where an instant of the clock `clock_id` (SampleHeader) lies on the group's clock. Exact for that clock
/// itself and for clocks without an identity (0). Nothing for a clock that nobody has compared with ours: of
/// a host that is not in the mesh, or that runs at another rate. Any thread; never blocks.
[[nodiscard]] std::optional<ClockReading> on_group_clock(Time time, std::uint32_t clock_id) noexcept;

/// From now on this process lives on that clock. The page stays mapped for the life of the process: any
/// thread may be reading it.
void follow_group_clock(const ClockPage& page) noexcept;

}  // namespace tactus
