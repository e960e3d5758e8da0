// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <random>
#include <span>
#include <string>

#include "registry.hpp"
#include "tactus/middleware/group_clock.hpp"

namespace tactus::broker {

/// The clock page of every group that has processes. One thread.
class GroupClocks {
 public:
  GroupClocks() = default;
  ~GroupClocks();
  GroupClocks(const GroupClocks&) = delete;
  GroupClocks& operator=(const GroupClocks&) = delete;

  /// A memfd with the group's ClockPage; UTC and rate 1 at its first use. Throws std::runtime_error.
  [[nodiscard]] int fd(const std::string& group);
  /// Makes the clock of the asking process' group run at `rate`, without a step. Throws TransportError when
  /// it runs at another rate and somebody else uses it.
  void set_rate(const Process& asking, const std::map<std::uint32_t, Process>& all, double rate);
  /// What the clocks of other hosts show against the group's.
  void set_remote(const std::string& group, std::span<const RemoteClock> clocks);
  /// Forgets the clocks of groups without processes.
  void sweep(const std::map<std::uint32_t, Process>& all);

 private:
  struct Entry {
    int fd = -1;
    ClockPage* page = nullptr;
    std::string set_by;
  };
  Entry& entry(const std::string& group);
  static void close_page(const Entry& entry);

  std::map<std::string, Entry> groups_;
  std::random_device ids_;  ///< clocks of different hosts meet: a count would be the same on all of them
};

}  // namespace tactus::broker
