// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tactus/middleware/broker_client.hpp"

namespace tactus::benchmarks {

/// What is sent: one payload of `bytes`, written and read whole when `touched`, else only its first 8 bytes.
struct Payload {
  std::size_t bytes = 0;
  bool touched = false;
};

/// One end of a pair of topics over which a payload goes forth and back. Thread: one.
class Arm {
 public:
  virtual ~Arm() = default;
  /// Loans, writes, publishes. The first 8 bytes are `stamp_ns`.
  virtual void send(const Payload& payload, std::int64_t stamp_ns) = 0;
  /// Takes one message if there is one, reads it and releases it; its stamp.
  virtual std::optional<std::int64_t> take(const Payload& payload) = 0;
  /// Looks for something to come until `spin_ns` have passed, then sleeps until something may have come.
  virtual void wait(std::int64_t spin_ns) = 0;
};

/// The topics "<name>/ping" and "<name>/pong"; the first end sends pings, the second pongs.
struct ArmPlace {
  std::string name;
  bool first = true;
  std::size_t bytes = 0;
};

/// tactus::Publisher and Subscriber of a sensor_msgs/Image with `bytes` of data, sleeping on a doorbell.
[[nodiscard]] std::unique_ptr<Arm> make_tactus_arm(BrokerClient& broker, Transport& transport,
                                                   const ArmPlace& place);
/// iceoryx's untyped publisher and subscriber, sleeping on a WaitSet. The process has joined iceoryx before.
[[nodiscard]] std::unique_ptr<Arm> make_iceoryx_arm(const ArmPlace& place);

}  // namespace tactus::benchmarks
