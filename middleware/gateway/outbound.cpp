// SPDX-License-Identifier: Apache-2.0
#include "outbound.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "mesh.hpp"
#include "message_cdr.hpp"
#include "sample_tag.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus::gateway {
namespace {

/// What waits for the socket: a second of an IMU, but no large messages.
std::uint32_t queue_depth(const Bridge& bridge) {
  constexpr std::uint64_t kBytes = 1 << 20, kLeast = 32, kMost = 256;
  constexpr std::uint32_t kBulkDepth = 4;
  if (is_bulk(bridge)) return kBulkDepth;
  return static_cast<std::uint32_t>(
      std::clamp(kBytes / std::max<std::uint64_t>(bridge.max_bytes, 1), kLeast, kMost));
}

SubscriberOptions subscriber_options(const Bridge& bridge, const TypeInfo& type, DoorbellId doorbell) {
  SubscriberOptions options;
  options.node = kNodeName;
  options.topic = bridge.topic;
  options.type = &type;
  options.depth = queue_depth(bridge);
  options.max_held = 1;
  options.doorbell = doorbell;
  return options;
}

}  // namespace

Outbound::Outbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
                   DoorbellId doorbell, const dds::Participant& participant, std::uint64_t host)
    : bridge_{bridge},
      type_{DynamicType::parse(type)},
      own_process_{broker.process_id()},
      ledger_id_{mesh::random_id()},
      subscriber_{transport.create_subscriber(subscriber_options(bridge, type_.info(), doorbell))},
      writer_{participant,
              {.topic = dds_topic(bridge.topic),
               .type = dds_type(bridge.type),
               .partition = broker.group(),
               .depth = bridge.latched ? kLatchedDepth : dds_depth(bridge.max_bytes),
               .latched = bridge.latched,
               .user_data = fmt::format("typehash={};max_bytes={};{}{}", rihs(type_.info()), bridge.max_bytes,
                                        ledger_writer_text(ledger_id_), mesh::id_text(host))}} {}

void Outbound::pump() {
  while (const auto chunk = subscriber_->take()) {
    count_dropped();
    // What the gateway itself brought in must not go out again.
    if (chunk->header->publisher.process == own_process_) {
    } else if (shedding_) {
      ++shed_;
    } else {
      send(*chunk);
    }
    subscriber_->release(*chunk);
  }
}

void Outbound::count_dropped() { overwritten_ = subscriber_->counts().dropped; }

void Outbound::send(const ConstChunk& chunk) {
  dds::CdrBuffer cdr = mesh::to_cdr(type_.info(), block_root_bytes(chunk.bytes));
  const std::size_t bytes = cdr.size();
  const SampleHeader& header = *chunk.header;
  if (!writer_.write(std::move(cdr), header.publish_time_ns,
                     make_tag({header.clock_id, header.capture_time_ns}))) {
    ++refused_;
    return;
  }
  ++sent_;
  bytes_ += bytes;
}

OutboundStatus Outbound::status() const {
  return {bridge_.topic, writer_.readers(), {sent_, bytes_, shed_, overwritten_, refused_}, ledger_id_,
          kKeep,         shedding_};
}

}  // namespace tactus::gateway
