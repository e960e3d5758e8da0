// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "bridges.hpp"
#include "endpoints.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::gateway {

/// What happened to the samples of one exported topic: published = sent + shed + overwritten + refused.
struct OutboundCounts {
  std::uint64_t sent = 0;  ///< given to DDS
  std::uint64_t bytes = 0;
  std::uint64_t shed = 0;         ///< left out, to keep the others in time
  std::uint64_t overwritten = 0;  ///< in the queue: they came faster than they could be sent
  std::uint64_t refused = 0;      ///< by DDS
};
struct OutboundStatus {
  std::string topic;
  std::uint32_t readers = 0;
  OutboundCounts counts;
  std::uint64_t writer = 0;  ///< in the ledger
  int priority = kKeep;
  bool shedding = false;
};

/// One topic of this host on its way to the network. Thread: one at a time, shed() and status() any.
class Outbound {
 public:
  /// `type` is tactus::serialize_type() of the local publishers, `host` this one in the mesh. Throws
  /// TransportError, dds::NetworkError.
  Outbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
           DoorbellId doorbell, const dds::Participant& participant, std::uint64_t host);

  [[nodiscard]] const Bridge& bridge() const noexcept { return bridge_; }
  /// Sends everything that is queued. May block while a socket takes it; allocates.
  void pump();
  /// From now on what comes is counted and left out, or sent again.
  void shed(bool yes) noexcept { shedding_ = yes; }
  /// Never blocks.
  [[nodiscard]] OutboundStatus status() const;

 private:
  void send(const ConstChunk& chunk);
  void count_dropped();

  Bridge bridge_;
  DynamicType type_;
  std::uint32_t own_process_;
  std::uint64_t ledger_id_;
  std::unique_ptr<UntypedSubscriber> subscriber_;
  dds::Writer writer_;
  std::atomic<std::uint64_t> sent_{0}, bytes_{0}, shed_{0}, overwritten_{0}, refused_{0};
  std::atomic<bool> shedding_{false};
};

}  // namespace tactus::gateway
