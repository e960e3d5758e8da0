// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tactus::benchmarks {

/// One end of a pair of topics over which messages of a size go forth and back: the first end sends
/// "NAME/ping" and hears "NAME/pong". Thread: one. Each middleware has its own program with its own
/// make_network_end().
class NetworkEnd {
 public:
  virtual ~NetworkEnd() = default;
  /// The first 8 bytes of the message are `stamp_ns`.
  virtual void send(std::int64_t stamp_ns) = 0;
  /// One message, if one has come: its stamp.
  virtual std::optional<std::int64_t> take() = 0;
  /// Sleeps until something may have come, 100 ms at most.
  virtual void wait() = 0;
  /// How many writers it hears; 0 where the middleware does not say.
  [[nodiscard]] virtual std::size_t matched() const { return 0; }
};

struct NetworkPlace {
  std::string name;  ///< "b1"
  bool first = true;
  std::size_t bytes = 0;
};

[[nodiscard]] std::unique_ptr<NetworkEnd> make_network_end(const NetworkPlace& place);

}  // namespace tactus::benchmarks
