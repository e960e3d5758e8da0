// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Cyclone DDS, as far as the gateway needs it: bytes in, bytes out. The only folder that sees its headers.
namespace tactus::dds {

/// Something of the network side could not be set up. The text says what, and what to do.
class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How this host takes part in a DDS domain.
struct DomainSettings {
  std::uint32_t domain = 0;        ///< 0..230
  std::string interface;           ///< name or address of a network interface; empty: the only one there is
  std::vector<std::string> peers;  ///< addresses of other hosts, for networks without multicast
  bool multicast = true;
  /// Folder of this host's keys (keys.hpp): only who has some of the same CAs is heard and hears. Empty: all.
  std::string security{};
  /// Nothing is lost on this network: ten frames to a datagram. Elsewhere a datagram must fit into one frame:
  /// losing one frame of a larger one loses all of it, and large messages then collapse at 5 % loss.
  bool loss_free = false;
};

/// Cyclone ends the participant whose keys expire, and may crash at it: better to leave so long before.
inline constexpr std::chrono::seconds kLeaveBeforeExpiry{5};

/// Cyclone's configuration for these settings. Nothing of it comes from the environment.
[[nodiscard]] std::string configuration(const DomainSettings& settings);

/// This process in one DDS domain: at most one at a time. Creating it opens sockets and starts Cyclone's
/// threads; may block some milliseconds. Throws NetworkError with Cyclone's own reason.
class Participant {
 public:
  Participant(const DomainSettings& settings, const std::string& user_data);
  /// Says goodbye to the others. Gives up after a second and leaves its threads behind: Cyclone ends by
  /// sending to itself, and waits for ever when its address is gone. The process should end then.
  ~Participant();
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  [[nodiscard]] std::int32_t entity() const noexcept { return participant_; }

 private:
  std::int32_t domain_ = 0;
  std::int32_t participant_ = 0;
};

/// Where Cyclone's warnings and errors go from now on, ten lines a second at most, the others counted; any of
/// its threads calls it.
void set_log(std::function<void(const std::string&)> sink);

}  // namespace tactus::dds
