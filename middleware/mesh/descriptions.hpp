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

/// One second of an exported topic: sent are the sequence numbers from + 1 to to.
struct LedgerSecond {
  std::uint64_t number = 0;  ///< 0: none yet
  std::uint64_t from = 0, to = 0;
  std::uint64_t shed = 0, overwritten = 0, refused = 0;
  friend bool operator==(const LedgerSecond&, const LedgerSecond&) = default;
};
/// Of one exported topic: published = sent + shed + overwritten + refused.
struct LedgerEntry {
  std::string topic;
  std::uint64_t writer = 0;  ///< of this export, as in the user data of its DDS writer
  std::uint64_t sent = 0;
  std::uint64_t shed = 0;
  std::uint64_t overwritten = 0;
  std::uint64_t refused = 0;
  bool shedding = false;
  LedgerSecond second;  ///< the last whole one
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};
struct LedgerClock {
  std::uint64_t host = 0;
  std::int64_t offset_ns = 0, uncertainty_ns = 0, round_trip_ns = 0;
  friend bool operator==(const LedgerClock&, const LedgerClock&) = default;
};
/// The newest canary of another host, and when it arrived (CLOCK_MONOTONIC).
struct CanarySeen {
  std::uint64_t host = 0, number = 0;
  std::int64_t received_ns = 0;
  friend bool operator==(const CanarySeen&, const CanarySeen&) = default;
};
struct Ledger {
  std::int64_t time_ns = 0;
  std::int64_t monotonic_ns = 0;
  std::int64_t delay_ns = 0;  ///< what samples wait on their way out
  std::vector<LedgerEntry> topics;
  std::vector<LedgerClock> clocks;
  std::vector<CanarySeen> canaries;
  friend bool operator==(const Ledger&, const Ledger&) = default;
};
[[nodiscard]] Message<host_msgs::msg::Ledger> to_message(const Ledger& ledger, std::uint64_t id);
[[nodiscard]] Ledger to_ledger(const host_msgs::msg::Ledger& message);

}  // namespace tactus::mesh
