// SPDX-License-Identifier: Apache-2.0
#include "border.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "sample_tag.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace tactus::gateway {
namespace {

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

void set_times(SampleHeader& header, const dds::ReceivedSample& sample, const TypeInfo& type,
               const std::byte* root) {
  const auto stamp = header_stamp_ns(type, root);
  const auto origin = origin_of(sample.tag);
  const auto published = on_group_clock(from_ns(sample.source_time_ns), origin ? origin->clock_id : 0);
  // Never ahead of our clock: who reads by publish time would wait for it.
  header.publish_time_ns =
      std::min(published ? to_ns(published->time) : sample.source_time_ns, to_ns(group_now()));
  header.clock_id = origin ? origin->clock_id : 0;
  header.capture_time_ns = origin ? origin->capture_time_ns : stamp.value_or(sample.source_time_ns);
}

/// On this host's clock: ages are differences. A clock that nobody has compared with ours begins nothing.
void begin_chains(SampleHeader& header, std::uint64_t sequence, std::span<const std::uint32_t> begins) {
  const auto captured = on_group_clock(from_ns(header.capture_time_ns), header.clock_id);
  if (!captured) return;
  const std::int64_t captured_ns = std::min(to_ns(captured->time), header.publish_time_ns);
  for (const std::uint32_t id : begins) {
    if (ChainSlot* slot = slot_for(header.chains, id))
      *slot = {id, static_cast<std::uint32_t>(sequence), captured_ns};
  }
}

}  // namespace

Passed pass(const dds::ReceivedSample& sample, const TypeInfo& type, UntypedPublisher& publisher,
            std::span<const std::uint32_t> begins) noexcept {
  const auto needed = measure_block(type, sample.cdr);
  if (!needed) return {Passage::kMalformed};
  if (*needed > publisher.options().max_bytes) return {Passage::kTooLarge, *needed};
  Chunk* chunk = publisher.loan();
  if (chunk == nullptr) return {Passage::kNoMemory, *needed};
  if (!read_cdr(type, sample.cdr, chunk->bytes, chunk->size)) {
    publisher.release(*chunk);
    return {Passage::kMalformed};
  }
  set_times(*chunk->header, sample, type, block_root_bytes(chunk->bytes));
  begin_chains(*chunk->header, sample.sequence, begins);
  chunk->header->block_bytes = block_used(chunk->bytes);
  publisher.publish(*chunk);
  return {Passage::kPublished, *needed};
}

}  // namespace tactus::gateway
