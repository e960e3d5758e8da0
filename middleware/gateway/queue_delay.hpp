// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace tactus::gateway {

/// A sample without content that waits where the others wait. All times are CLOCK_MONOTONIC of this host.
struct Canary {
  std::uint64_t number = 0;     ///< counts from 1
  std::int64_t due_ns = 0;      ///< when it was to leave
  std::int64_t written_ns = 0;  ///< when DDS had it
  friend bool operator==(const Canary&, const Canary&) = default;
};

/// How long samples wait on their way to the other hosts, from canaries: before the socket as the writer
/// saw it, behind it as the others tell. The way itself does not count, it is there without load as well:
/// the shortest time of the last minute is taken for it, so no clocks need to agree. One canary that is late
/// or lost says nothing. Values only: no thread, no clock.
class QueueDelay {
 public:
  static constexpr std::int64_t kBaseNs = 30'000'000'000;  ///< what the shortest time is kept for, at least

  void written(const Canary& canary);
  /// Of another host: the newest canary that it has, when it received that and when it said so (its clock).
  void heard(std::uint64_t host, std::uint64_t number, std::int64_t received_ns, std::int64_t told_ns);
  /// Forgets hosts that are gone.
  void keep(const std::set<std::uint64_t>& hosts);
  /// Looks at what has come since the last call; `next_due_ns`: of the first canary that is not written yet.
  /// Returns what samples wait for certain: the least of the last three looks.
  std::int64_t look(std::int64_t now_ns, std::int64_t next_due_ns);

 private:
  static constexpr std::size_t kLooks = 3;
  static constexpr std::size_t kKept = 256;
  /// Another host: differences of two clocks, only their changes mean something.
  struct Other {
    std::uint64_t newest = 0;
    std::int64_t told_ns = 0;
    std::int64_t base_ns = 0, base_before_ns = 0, base_since_ns = 0;
    bool measured = false;
    std::int64_t delay_ns = 0;
  };
  [[nodiscard]] const Canary* find(std::uint64_t number) const;
  static void learn(Other& other, std::int64_t way_ns, std::int64_t now_ns);
  [[nodiscard]] std::int64_t own_wait(std::int64_t now_ns, std::int64_t next_due_ns) const;

  std::array<Canary, kKept> kept_{};  ///< by number
  std::uint64_t newest_ = 0;
  std::vector<Canary> fresh_;  ///< since the last look
  std::map<std::uint64_t, Other> others_;
  std::array<std::int64_t, kLooks> looks_{};
  std::size_t looked_ = 0;
};

}  // namespace tactus::gateway
