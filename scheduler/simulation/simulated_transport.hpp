// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tactus/middleware/transport.hpp"
#include "tactus/scheduler/simulated_host.hpp"

namespace tactus {

/// Topics within one process on virtual time: a message reaches its readers when the clock shows its publish
/// time, which a self-looping node's lies ahead of. Every reader's queue is as deep as queues get. Keeps a
/// digest of all that was delivered per topic. Thread: one at a time.
class SimulatedTransport final : public Transport {
 public:
  SimulatedTransport();
  ~SimulatedTransport() override;

  [[nodiscard]] std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override;
  [[nodiscard]] std::unique_ptr<UntypedSubscriber> create_subscriber(
      const SubscriberOptions& options) override;

  /// When the next message is due; the end of time when none is on its way.
  [[nodiscard]] std::int64_t next_ns() const;
  /// Hands over what is due at `now_ns`: in the order of publish times, then as it was published.
  void deliver(std::int64_t now_ns);
  /// Messages delivered on a topic so far. The reference lives as long as the transport.
  [[nodiscard]] const std::uint64_t& deliveries(const std::string& topic);
  [[nodiscard]] std::vector<SimulatedTopic> topics() const;

 private:
  class Topic;
  class Outlet;
  class Inlet;
  struct Later {
    Outlet* outlet;
    SampleHeader header;
    std::vector<std::uint64_t> block;
  };
  Topic& topic(const std::string& name);

  std::unique_ptr<Transport> inner_;
  std::map<std::string, std::unique_ptr<Topic>> topics_;
  std::map<std::pair<std::int64_t, std::uint64_t>, Later> later_;
  std::uint64_t published_ = 0;
};

}  // namespace tactus
