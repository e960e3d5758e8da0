// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <host_msgs/msg/host.hpp>
#include <host_msgs/msg/ledger.hpp>
#include <string>
#include <vector>

#include "tactus/msg/message.hpp"

/// What hosts say about themselves, as plain values and as the messages that carry them.
namespace tactus::mesh {

struct TopicUse {
  std::string name;
  std::string type;                     ///< "sensor_msgs/msg/Imu"
  std::string type_id;                  ///< equal where the definitions are
  std::vector<std::string> publishers;  ///< names of nodes
  std::vector<std::string> subscribers;
  bool exported = true;  ///< may leave its host
  friend bool operator==(const TopicUse&, const TopicUse&) = default;
};

struct HostDescription {
  std::string name;
  std::vector<std::string> addresses;  ///< "eth0 10.0.0.1"
  std::int64_t since_ns = 0;           ///< its own clock
  std::uint32_t clock_id = 0;
  double clock_rate = 1;
  std::vector<std::string> nodes;
  std::vector<TopicUse> topics;
  friend bool operator==(const HostDescription&, const HostDescription&) = default;
};

[[nodiscard]] Message<host_msgs::msg::Host> to_message(const HostDescription& host, std::uint64_t id);
[[nodiscard]] HostDescription to_description(const host_msgs::msg::Host& message);

/// Of one exported topic: published = sent + shed + overwritten + refused.
struct LedgerEntry {
  std::string topic;
  std::uint64_t sent = 0;
  std::uint64_t shed = 0;
  std::uint64_t overwritten = 0;
  std::uint64_t refused = 0;
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};
struct LedgerClock {
  std::uint64_t host = 0;
  std::int64_t offset_ns = 0, uncertainty_ns = 0, round_trip_ns = 0;
  friend bool operator==(const LedgerClock&, const LedgerClock&) = default;
};
struct Ledger {
  std::int64_t time_ns = 0;
  std::vector<LedgerEntry> topics;
  std::vector<LedgerClock> clocks;
  friend bool operator==(const Ledger&, const Ledger&) = default;
};
[[nodiscard]] Message<host_msgs::msg::Ledger> to_message(const Ledger& ledger, std::uint64_t id);
[[nodiscard]] Ledger to_ledger(const host_msgs::msg::Ledger& message);

}  // namespace tactus::mesh
