// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "bridges.hpp"
#include "endpoints.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::gateway {

/// One topic of this host on its way to the network. Thread: one at a time.
class Outbound {
 public:
  /// `type` is tactus::serialize_type() of the local publishers. Throws TransportError, dds::NetworkError.
  Outbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
           DoorbellId doorbell, const dds::Participant& participant);

  [[nodiscard]] const Bridge& bridge() const noexcept { return bridge_; }
  /// Sends everything that is queued. May block while a socket takes it; allocates.
  void pump();
  /// Samples given to DDS, and samples that DDS refused.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  void send(const ConstChunk& chunk);

  Bridge bridge_;
  DynamicType type_;
  std::uint32_t own_process_;
  std::unique_ptr<UntypedSubscriber> subscriber_;
  dds::Writer writer_;
  std::uint64_t sent_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace tactus::gateway
