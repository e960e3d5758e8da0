// SPDX-License-Identifier: Apache-2.0
#include "output_port.hpp"

#include <limits>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/prefetch.hpp"

namespace tactus {

void OutputPort::publish(Chunk& chunk) noexcept {
  SampleHeader& header = *chunk.header;
  const std::int64_t now_ns = monotonic_ns();
  if (header.publish_time_ns == 0) header.publish_time_ns = to_ns(group_clock().at(now_ns)) + delay_ns_;
  if (header.capture_time_ns == 0) header.capture_time_ns = header.publish_time_ns;
  ++sequence_;
  header.chains = lineage_.origins();
  for (const std::uint32_t id : begins_) {
    if (ChainSlot* slot = slot_for(header.chains, id))
      *slot = {id, static_cast<std::uint32_t>(sequence_), header.capture_time_ns};
  }
  for (End& end : ends_) {
    const ChainSlot* origin = find_origin(header.chains, end.origin_id);
    end.age_ms.record(origin == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                        : static_cast<double>(clamped_difference(header.publish_time_ns,
                                                                                 origin->capture_time_ns)) *
                                              1e-6);
  }
  flight_.published(inner_->page_index(), sequence_, now_ns);
  inner_->publish(chunk);
}

void OutputPort::warm() noexcept {
  prefetch(*this);
  inner_->warm();
}

}  // namespace tactus
