// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "participant.hpp"

namespace tactus::dds {

/// A reader or writer of another participant, as DDS discovery tells it.
struct RemoteEndpoint {
  std::array<std::uint8_t, 16> guid{};
  std::array<std::uint8_t, 16> participant{};
  std::string topic;  ///< DDS name, "rt/imu"
  std::string type;   ///< DDS name
  std::vector<std::string> partitions;
  bool reliable = false;
  bool latched = false;
  std::string user_data;
  friend bool operator==(const RemoteEndpoint&, const RemoteEndpoint&) = default;
};

/// What the others in the domain publish and subscribe to. Own endpoints are left out. Thread: one at a time.
class Discovery {
 public:
  explicit Discovery(const Participant& participant);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  [[nodiscard]] std::vector<RemoteEndpoint> writers() const;
  [[nodiscard]] std::vector<RemoteEndpoint> readers() const;
  /// Those of this participant itself.
  [[nodiscard]] std::vector<RemoteEndpoint> own_writers() const;
  [[nodiscard]] std::vector<RemoteEndpoint> own_readers() const;
  /// For Waiter::attach: become ready when something about writers(), about readers() changed, until that is
  /// called.
  [[nodiscard]] std::array<std::int32_t, 2> entities() const noexcept {
    return {publications_, subscriptions_};
  }

 private:
  [[nodiscard]] std::vector<RemoteEndpoint> read(std::int32_t reader, bool own) const;
  std::int32_t publications_ = 0;
  std::int32_t subscriptions_ = 0;
  std::uint64_t own_ = 0;
};

}  // namespace tactus::dds
