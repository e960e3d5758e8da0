// SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include <fmt/core.h>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus::shm {
namespace {

std::string hex16(std::uint64_t value) { return fmt::format("{:016x}", value); }

/// Keeps the sizes of the smallest and the largest message.
void widen(EndpointCounters& counters, std::uint64_t bytes) noexcept {
  const std::uint64_t least = counters.bytes_min.load(std::memory_order_relaxed);
  if (least == 0 || bytes < least) counters.bytes_min.store(bytes, std::memory_order_relaxed);
  if (bytes > counters.bytes_max.load(std::memory_order_relaxed))
    counters.bytes_max.store(bytes, std::memory_order_relaxed);
}

/// 0 for a clock that nobody has compared with ours.
std::int64_t age_on_another_clock(const SampleHeader& header, std::int64_t now_ns) noexcept {
  const auto captured = on_group_clock(from_ns(header.capture_time_ns), header.clock_id);
  return captured ? clamped_difference(now_ns, to_ns(captured->time)) : 0;
}

}  // namespace

iox::capro::ServiceDescription service(const std::string& group, const std::string& topic,
                                       const TypeInfo& type) {
  using Id = iox::capro::IdString_t;
  const std::string event = topic.substr(0, 60) + "#" + hex16(fnv1a(topic));
  return {Id{iox::cxx::TruncateToCapacity, to_hex(type_id(type))},
          Id{iox::cxx::TruncateToCapacity, hex16(fnv1a(group))}, Id{iox::cxx::TruncateToCapacity, event}};
}

iox::NodeName_t node_name(const std::string& node) {
  return iox::NodeName_t{iox::cxx::TruncateToCapacity, hex16(fnv1a(node))};
}

std::string local_key(const std::string& topic, const TypeInfo& type) {
  return topic + " " + to_hex(type_id(type));
}

EndpointCounts read(const EndpointCounters& c) noexcept {
  return {c.messages.load(std::memory_order_relaxed),     c.bytes.load(std::memory_order_relaxed),
          c.dropped.load(std::memory_order_relaxed),      c.rejected.load(std::memory_order_relaxed),
          c.age_ns_total.load(std::memory_order_relaxed), c.age_ns_max.load(std::memory_order_relaxed),
          c.unmatched.load(std::memory_order_relaxed)};
}

void count_published(EndpointCounters& counters, std::uint64_t bytes, std::int64_t now_ns) noexcept {
  bump(counters.messages);
  bump(counters.bytes, bytes);
  widen(counters, bytes);
  if (counters.first_ns.load(std::memory_order_relaxed) == 0)
    counters.first_ns.store(now_ns, std::memory_order_relaxed);
  counters.last_ns.store(now_ns, std::memory_order_relaxed);
}

void count_taken(EndpointCounters& counters, const SampleHeader& header, std::uint64_t bytes) noexcept {
  bump(counters.messages);
  bump(counters.bytes, bytes);
  const GroupClock clock = group_clock();
  const std::int64_t now_ns = to_ns(clock.at(monotonic_ns()));
  counters.last_ns.store(now_ns, std::memory_order_relaxed);
  const std::int64_t age_ns = header.clock_id == clock.id ? clamped_difference(now_ns, header.capture_time_ns)
                                                          : age_on_another_clock(header, now_ns);
  counters.age_ns_total.store(clamped_sum(counters.age_ns_total.load(std::memory_order_relaxed), age_ns),
                              std::memory_order_relaxed);
  if (age_ns > counters.age_ns_max.load(std::memory_order_relaxed))
    counters.age_ns_max.store(age_ns, std::memory_order_relaxed);
}

Stamper::Stamper(const BrokerClient& broker, const EndpointPlace& place)
    : id_{0, broker.process_id(), broker.generation(), place.id}, clock_id_{group_clock().id} {}

void Stamper::stamp(SampleHeader& header) noexcept {
  header.publisher = id_;
  header.sequence = ++sequence_;
  if (header.clock_id == 0) header.clock_id = clock_id_;  // else it comes from another host
  if (header.publish_time_ns == 0) header.publish_time_ns = to_ns(group_now());
  if (header.capture_time_ns == 0) header.capture_time_ns = header.publish_time_ns;
}

void prefetch_bells(const DoorbellPage& doorbells, std::uint32_t topic_slot) noexcept {
  __builtin_prefetch(&doorbells.topics[topic_slot]);
}

}  // namespace tactus::shm
