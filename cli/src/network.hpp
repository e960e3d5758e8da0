// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}
namespace tactus {
class Doorbell;
class Transport;
struct TypeInfo;
}  // namespace tactus

/// rtctl on a machine where nothing runs: it joins a DDS domain for the length of the command.
namespace rtctl {

struct NetworkOptions {
  std::optional<std::uint32_t> domain;  ///< nothing: look at this host
  std::string interface;
  std::vector<std::string> peers;
  bool multicast = true;
  std::string security;  ///< folder of this machine's keys; empty: none
};

/// Of this process: set by the options before the verb.
[[nodiscard]] NetworkOptions& network_options();
void add_network_options(CLI::App& root, NetworkOptions& options);
/// The options of the network may stand anywhere: they are taken out of the words.
[[nodiscard]] std::vector<std::string> take_network_options(std::vector<std::string>& words);

/// A DDS domain that this process has joined.
class Network {
 public:
  virtual ~Network() = default;
  /// What all hosts run, and what foreign participants publish and take, as one graph in the broker's form
  /// (docs/design/broker.md). Nodes are named "host/node". Waits a second at most for hosts that do not
  /// answer.
  [[nodiscard]] virtual std::string graph() = 0;
  /// Topics of the domain; its subscribers ring doorbell().
  [[nodiscard]] virtual tactus::Transport& transport() = 0;
  [[nodiscard]] virtual tactus::Doorbell& doorbell() = 0;
};

/// The types that this program knows by itself, by name; nullptr: none.
using KnownType = std::function<const tactus::TypeInfo*(std::string_view)>;
using MakeNetwork = std::unique_ptr<Network>(const NetworkOptions& options, const std::string& group,
                                             KnownType known);
/// Keys of hosts (`rtctl security create`); returns their folders. Throws std::exception.
using CreateKeys = std::vector<std::string>(const std::string& folder, const std::vector<std::string>& hosts,
                                            int days);
inline constexpr const char* kCreateKeys = "rtctl_create_keys";
inline constexpr const char* kMakeNetwork = "rtctl_make_network";
inline constexpr const char* kNetworkModule = "librtctl_network.so";

}  // namespace rtctl
