// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridges.hpp"
#include "endpoints.hpp"
#include "seconds.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus::gateway {

/// What happened to the samples of one imported topic. received = published + malformed + too_large +
/// dropped.
struct InboundCounts {
  std::uint64_t received = 0;
  std::uint64_t published = 0;
  std::uint64_t lost = 0;       ///< gaps in the writers' sequence numbers: overwritten or lost on the way
  std::uint64_t malformed = 0;  ///< not this type's CDR
  std::uint64_t too_large = 0;  ///< for the publisher's max_bytes
  std::uint64_t dropped = 0;    ///< no shared memory to be had
};

/// One remote writer of a topic.
struct RemoteWriter {
  std::uint64_t host = 0;      ///< in the mesh; 0: a foreign participant
  std::uint64_t writer = 0;    ///< in its host's ledger
  std::string peer{};          ///< who it is, for people; known once something of it was refused
  std::uint64_t received = 0;  ///< since its first sample here
  std::uint64_t malformed = 0;
  std::uint64_t too_large = 0;
  Arrivals arrivals{};  ///< what of it was lost
};
struct InboundStatus {
  std::string topic;
  std::string type;
  InboundCounts counts;
  std::vector<RemoteWriter> writers;  ///< those that wrote lately
  std::size_t grown_bytes = 0;  ///< what a message may take by now, where the writer had not said; else 0
};

/// One topic of the network on its way to this host. Thread: one at a time.
class Inbound {
 public:
  /// `type` is tactus::serialize_type() of the local subscribers, `host` this one in the mesh, `chains`
  /// those that begin with the topic. While the
  /// bridge waits, samples stay in the reader. Throws TransportError, dds::NetworkError.
  Inbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
          const dds::Participant& participant, std::uint64_t host, std::vector<std::uint32_t> chains);

  [[nodiscard]] const Bridge& bridge() const noexcept { return bridge_; }
  /// Somebody writes it now: `bridge` says how. Throws TransportError.
  void begin(const Bridge& bridge);
  [[nodiscard]] std::int32_t entity() const noexcept { return reader_.entity(); }
  /// Publishes everything that has arrived. Does not block.
  void pump();
  [[nodiscard]] InboundStatus status() const;

 private:
  void receive(const dds::ReceivedSample& sample);
  bool grow(std::size_t block_bytes);
  RemoteWriter& writer_of(std::uint64_t handle);
  void count_gap(RemoteWriter& writer, const dds::ReceivedSample& sample);
  void count_refusal(RemoteWriter& writer, std::uint64_t handle, std::uint64_t& count);

  Bridge bridge_;
  DynamicType type_;
  Transport& transport_;
  std::unique_ptr<UntypedPublisher> publisher_;  ///< none while waiting
  dds::Reader reader_;
  std::map<std::uint64_t, RemoteWriter> writers_;  ///< by ReceivedSample::writer
  std::vector<std::uint32_t> chains_;
  InboundCounts counts_;
  std::size_t most_bytes_ = dds::kMaxSampleBytes;  ///< larger messages are refused
  std::size_t grown_bytes_ = 0;
};

}  // namespace tactus::gateway
