// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <iceoryx_posh/capro/service_description.hpp>
#include <iceoryx_posh/iceoryx_posh_types.hpp>
#include <string>
#include <thread>

#include "in_call.hpp"
#include "local_delivery.hpp"
#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/transport.hpp"
#include "vault.hpp"

/// What publishers and subscribers have in common.
namespace tactus::shm {

/// What all endpoints of a transport share.
struct Shared {
  BrokerClient& broker;
  LocalHub hub;
  Vault vault{broker.page()};
  bool want_slots = true;
};

/// service = type id, instance = group, event = readable start of the topic + hash of the whole: at most 77
/// bytes each.
[[nodiscard]] iox::capro::ServiceDescription service(const std::string& group, const std::string& topic,
                                                     const TypeInfo& type);
[[nodiscard]] iox::NodeName_t node_name(const std::string& node);
/// What endpoints of one process must have in common to meet.
[[nodiscard]] std::string local_key(const std::string& topic, const TypeInfo& type);

template <typename Value>
void bump(std::atomic<Value>& counter, Value by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);  // single writer
}
[[nodiscard]] EndpointCounts read(const EndpointCounters& counters) noexcept;
void count_published(EndpointCounters& counters, std::uint64_t bytes, std::int64_t now_ns) noexcept;
/// Reads what lies in the first cache line of the chunk and no other: each costs a transfer between CPUs.
void count_taken(EndpointCounters& counters, const SampleHeader& header, std::uint64_t bytes) noexcept;

/// Waits for RouDi to connect what was just created; its discovery is asynchronous.
template <typename Done>
bool wait_for(Done done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  return true;
}

/// Writes what every message says about its publisher. `process` and `index` name it.
class Stamper {
 public:
  Stamper(const BrokerClient& broker, const EndpointPlace& place);
  void stamp(SampleHeader& header) noexcept;

 private:
  PublisherId id_;
  std::uint64_t sequence_ = 0;
  std::uint32_t clock_id_;
};

/// What ring() reads comes into the cache while the node writes its message.
void prefetch_bells(const DoorbellPage& doorbells, std::uint32_t topic_slot) noexcept;

}  // namespace tactus::shm
