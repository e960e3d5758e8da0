// SPDX-License-Identifier: Apache-2.0
#include "inbound.hpp"

#include <fmt/core.h>

#include <bit>

#include "border.hpp"
#include "mesh.hpp"
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

/// Writers that are gone are forgotten when there are so many: a foreign program may make one after the
/// other.
constexpr std::size_t kManyWriters = 64;
/// How large the messages are is not known before the first writer is.
std::uint32_t reader_depth(const TypeInfo& type) {
  bool exact = false;
  return std::max(kLatchedDepth, dds_depth(default_max_bytes(type, exact)));
}

}  // namespace

Inbound::Inbound(const Bridge& bridge, const std::string& type, BrokerClient& broker, Transport& transport,
                 const dds::Participant& participant, std::uint64_t host, std::vector<std::uint32_t> chains)
    : bridge_{bridge},
      type_{DynamicType::parse(type)},
      transport_{transport},
      reader_{participant,
              {.topic = dds_topic(bridge.topic),
               .type = dds_type(bridge.type),
               .partition = broker.group(),
               .depth = reader_depth(type_.info()),
               .reliable = bridge.reliable,
               .latched = bridge.latched,
               .user_data = fmt::format("typehash={};{}", rihs(type_.info()), mesh::id_text(host))}},
      chains_{std::move(chains)} {
  if (!bridge.waiting) begin(bridge);
}

void Inbound::begin(const Bridge& bridge) {
  bridge_ = bridge;
  try {
    publisher_ = transport_.create_publisher(publisher_options(bridge_, type_.info()));
  } catch (const TransportError&) {
    if (bridge_.max_bytes == 0) throw;
    // There is no room for what a writer claims. It does not close the topic to the others: see what comes.
    bridge_.max_bytes = 0;
    publisher_ = transport_.create_publisher(publisher_options(bridge_, type_.info()));
  }
}

void Inbound::pump() {
  if (publisher_ == nullptr) return;
  reader_.take([this](const dds::ReceivedSample& sample) { receive(sample); });
}

void Inbound::receive(const dds::ReceivedSample& sample) {
  ++counts_.received;
  RemoteWriter& writer = writer_of(sample.writer);
  count_gap(writer, sample);
  Passed passed = pass(sample, type_.info(), *publisher_, chains_);
  if (passed.how == Passage::kTooLarge && grow(passed.block_bytes))
    passed = pass(sample, type_.info(), *publisher_, chains_);
  switch (passed.how) {
    case Passage::kPublished:
      ++counts_.published;
      break;
    case Passage::kMalformed:
      ++counts_.malformed;
      count_refusal(writer, sample.writer, writer.malformed);
      break;
    case Passage::kTooLarge:
      ++counts_.too_large;
      count_refusal(writer, sample.writer, writer.too_large);
      break;
    case Passage::kNoMemory:
      ++counts_.dropped;
      break;
  }
}

/// A foreign writer does not say how large its messages get.
bool Inbound::grow(std::size_t block_bytes) {
  if (bridge_.max_bytes != 0 || block_bytes > most_bytes_) return false;
  Bridge larger = bridge_;
  larger.max_bytes = std::bit_ceil(block_bytes);
  try {
    publisher_ = transport_.create_publisher(publisher_options(larger, type_.info()));
    grown_bytes_ = larger.max_bytes;
    return true;
  } catch (const TransportError&) {
    most_bytes_ = block_bytes - 1;  // this host has no room for it: not asked again
    return false;
  }
}

RemoteWriter& Inbound::writer_of(std::uint64_t handle) {
  const auto known = writers_.find(handle);
  if (known != writers_.end()) return known->second;
  if (writers_.size() >= kManyWriters)
    std::erase_if(writers_, [this](const auto& entry) { return !reader_.is_matched(entry.first); });
  RemoteWriter& writer = writers_[handle];
  const std::string user_data = reader_.user_data_of(handle);
  writer.host = mesh::id_of(user_data);
  writer.writer = ledger_writer_of(user_data);
  return writer;
}

void Inbound::count_gap(RemoteWriter& writer, const dds::ReceivedSample& sample) {
  ++writer.received;
  if (sample.sequence == 0) return;
  const std::uint64_t lost_before = writer.arrivals.lost();
  writer.arrivals.add(sample.sequence);
  counts_.lost += writer.arrivals.lost() - lost_before;
}

void Inbound::count_refusal(RemoteWriter& writer, std::uint64_t handle, std::uint64_t& count) {
  if (writer.peer.empty()) writer.peer = reader_.peer_of(handle);
  ++count;
}

InboundStatus Inbound::status() const {
  InboundStatus status{bridge_.topic, bridge_.type, counts_, {}, grown_bytes_};
  for (const auto& [handle, writer] : writers_) status.writers.push_back(writer);
  return status;
}

}  // namespace tactus::gateway
