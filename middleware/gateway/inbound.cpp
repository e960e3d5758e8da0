// SPDX-License-Identifier: Apache-2.0
#include "inbound.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "mesh.hpp"
#include "sample_tag.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus::gateway {
namespace {

PublisherOptions publisher_options(const Bridge& bridge, const TypeInfo& type) {
  bool exact = false;
  PublisherOptions options;
  options.node = kNodeName;
  options.topic = bridge.topic;
  options.type = &type;
  options.max_bytes = bridge.max_bytes != 0 ? bridge.max_bytes : default_max_bytes(type, exact);
  if (bridge.latched) options.history = options.max_bytes > kBulkBytes ? 1 : kMaxHistory;
  options.max_loans = 1;
  return options;
}

/// header.stamp, where the type begins with a Header.
std::optional<std::int64_t> header_stamp_ns(const TypeInfo& type, const std::byte* root) {
  if (type.fields.empty() || type.fields[0].type == nullptr ||
      std::string_view{type.fields[0].type->name} != "std_msgs/msg/Header")
    return std::nullopt;
  const std::byte* stamp = root + type.fields[0].offset + type.fields[0].type->fields[0].offset;
  std::int32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::memcpy(&seconds, stamp, 4);
  std::memcpy(&nanoseconds, stamp + 4, 4);
  return std::int64_t{seconds} * 1'000'000'000 + nanoseconds;
}

}  // namespace

Inbound::Inbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
                 const dds::Participant& participant, std::uint64_t host)
    : bridge_{bridge},
      type_{DynamicType::parse(type)},
      transport_{transport},
      reader_{participant,
              {.topic = dds_topic(bridge.topic),
               .type = dds_type(bridge.type),
               .partition = broker.group(),
               .reliable = bridge.reliable,
               .latched = bridge.latched,
               .user_data = fmt::format("typehash={};{}", rihs(type_.info()), mesh::id_text(host))}} {
  if (!bridge.waiting) begin(bridge);
}

void Inbound::begin(const Bridge& bridge) {
  publisher_ = transport_.create_publisher(publisher_options(bridge, type_.info()));
  bridge_ = bridge;
}

void Inbound::pump() {
  if (publisher_ == nullptr) return;
  reader_.take([this](const dds::ReceivedSample& sample) { receive(sample); });
}

void Inbound::receive(const dds::ReceivedSample& sample) {
  ++counts_.received;
  count_gap(sample);
  const auto needed = measure_block(type_.info(), sample.cdr);
  if (!needed) {
    ++counts_.malformed;
  } else if (*needed > publisher_->options().max_bytes) {
    ++counts_.too_large;
  } else if (const Chunk chunk = publisher_->loan(); chunk.bytes == nullptr) {
    ++counts_.dropped;
  } else {
    publish(sample, chunk);
  }
}

void Inbound::count_gap(const dds::ReceivedSample& sample) {
  if (sample.sequence == 0) return;
  const auto [entry, fresh] = writers_.try_emplace(sample.writer);
  RemoteWriter& writer = entry->second;
  if (fresh) writer.host = mesh::id_of(reader_.user_data_of(sample.writer));
  if (writer.newest != 0 && sample.sequence > writer.newest + 1) {
    writer.lost += sample.sequence - writer.newest - 1;
    counts_.lost += sample.sequence - writer.newest - 1;
  }
  ++writer.received;
  writer.newest = sample.sequence;
}

InboundStatus Inbound::status() const {
  InboundStatus status{bridge_.topic, counts_, {}};
  for (const auto& [handle, writer] : writers_) status.writers.push_back(writer);
  return status;
}

void Inbound::publish(const dds::ReceivedSample& sample, Chunk chunk) {
  if (!read_cdr(type_.info(), sample.cdr, chunk.bytes, chunk.size)) {
    ++counts_.malformed;
    return publisher_->release(chunk);
  }
  const auto stamp = header_stamp_ns(type_.info(), block_root_bytes(chunk.bytes));
  const auto origin = origin_of(sample.tag);
  const auto published = on_group_clock(from_ns(sample.source_time_ns), origin ? origin->clock_id : 0);
  // Never ahead of our clock: who reads by publish time would wait for it.
  chunk.header->publish_time_ns =
      std::min(published ? to_ns(published->time) : sample.source_time_ns, to_ns(group_now()));
  chunk.header->clock_id = origin ? origin->clock_id : 0;
  chunk.header->capture_time_ns = origin ? origin->capture_time_ns : stamp.value_or(sample.source_time_ns);
  chunk.header->block_bytes = block_used(chunk.bytes);
  publisher_->publish(chunk);
  ++counts_.published;
}

}  // namespace tactus::gateway
