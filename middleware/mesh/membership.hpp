// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clock_offset.hpp"
#include "descriptions.hpp"

namespace tactus::mesh {

/// Another host as it is seen from here.
struct HostView {
  std::uint64_t id = 0;
  HostDescription about;
  std::optional<ClockComparison> clock;  ///< none before the first exchange
  std::int64_t joined_ns = 0;            ///< CLOCK_MONOTONIC: when we first heard of it
  std::int64_t last_seen_ns = 0;         ///< CLOCK_MONOTONIC
  Ledger ledger;                         ///< the newest
  CanarySeen canary;                     ///< the newest of it that arrived here; number 0: none
};

/// A host came or went.
struct HostChange {
  enum class What { kJoined = 1, kLeft = 2, kLost = 3 };  ///< as in host_msgs/HostEvent
  What what = What::kJoined;
  std::string name;
  std::vector<std::string> addresses;
};

/// The other hosts: a table that is fed with what arrives. Values only; no network, no clock.
class Membership {
 public:
  /// From this silence on, a host that DDS no longer knows is lost rather than gone on purpose.
  static constexpr std::int64_t kSilenceNs = 1'500'000'000;
  static constexpr std::int64_t kUnlistedNs = 5'000'000'000;
  static constexpr std::size_t kMostHosts = 256;

  void hear(std::uint64_t id, HostDescription about, std::int64_t now_ns);
  void hear(std::uint64_t id, Ledger ledger, std::int64_t now_ns);
  void hear(std::uint64_t id, const ClockExchange& exchange, std::int64_t now_ns);
  /// A canary; does not count as a sign of life.
  void hear(const CanarySeen& canary);
  /// Who DDS still knows: the others are forgotten. Its list may lag behind what arrives: who has not been in
  /// it yet is not forgotten before kUnlistedNs.
  void keep(const std::set<std::uint64_t>& present, std::int64_t now_ns);

  /// By name.
  [[nodiscard]] std::vector<HostView> hosts(std::int64_t now_ns) const;
  /// What happened since the last call.
  [[nodiscard]] std::vector<HostChange> take_changes();
  /// Hosts beyond kMostHosts that were not taken in.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct Known {
    HostView view;
    ClockOffset clock;
    bool listed = false;  ///< DDS has known it
  };
  std::map<std::uint64_t, Known> known_;
  std::vector<HostChange> changes_;
  std::uint64_t refused_ = 0;
};

}  // namespace tactus::mesh
