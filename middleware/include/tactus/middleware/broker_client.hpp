// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/pages.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus {

/// What the broker gives an endpoint.
struct EndpointPlace {
  std::uint32_t id = 0;          ///< for remove_endpoint
  std::uint32_t counters = 0;    ///< index into ProcessPage::endpoints
  std::uint32_t topic_slot = 0;  ///< index into DoorbellPage::topics
};

/// What a launch will have at most. `where` is said in a refusal: "xr.launch.yaml:12:3", may be empty.
/// The type of the options is not looked at.
struct Reservation {
  struct Publisher {
    PublisherOptions options;
    std::string where;
  };
  struct Subscriber {
    SubscriberOptions options;
    std::string where;
  };
  std::vector<std::string> processes;  ///< names of its hosts
  std::vector<std::string> nodes;
  std::vector<Publisher> publishers;
  std::vector<Subscriber> subscribers;
};

/// This process' connection to the host's broker: generation, graph, pages. Socket only, no iceoryx.
/// Any thread; calls block for one exchange with the broker (5 s at most) and throw TransportError when it is
/// gone or refuses.
class BrokerClient {
 public:
  enum class Kind { kReader, kProgram, kHost, kSupervisor };
  struct Identity {
    Kind kind = Kind::kProgram;
    std::string name;  ///< shown by `rtctl`: "rtctl topic echo", a process of the launch file
    std::string group;
  };

  /// nullptr when no broker runs. Never starts one.
  [[nodiscard]] static std::unique_ptr<BrokerClient> connect(const Identity& identity);
  /// Starts the broker (tactus-broker beside this program, or TACTUS_BROKER) when none runs. Throws
  /// TransportError with the broker's own reason when it does not come up within 10 s.
  [[nodiscard]] static std::unique_ptr<BrokerClient> ensure(const Identity& identity);

  ~BrokerClient();
  BrokerClient(const BrokerClient&) = delete;
  BrokerClient& operator=(const BrokerClient&) = delete;

  [[nodiscard]] std::uint32_t generation() const noexcept;
  [[nodiscard]] std::uint32_t process_id() const noexcept;
  [[nodiscard]] const std::string& group() const noexcept;
  [[nodiscard]] const std::string& runtime_name() const noexcept;  ///< for iceoryx
  [[nodiscard]] DoorbellPage& doorbells() noexcept;
  [[nodiscard]] ProcessPage& page() noexcept;
  /// Becomes readable when the broker ends; poll it, read nothing.
  [[nodiscard]] int fd() const noexcept;

  /// Sets aside what all endpoints of a launch need, until this connection ends; what its hosts create is
  /// taken from it. Throws TransportError, and nothing is set aside, when it does not fit: names topic,
  /// place, numbers, who holds the rest and what to do. Once.
  void reserve(const Reservation& reservation);
  /// Node names are unique per group and host; refused with the holder's pid. Returns the index into
  /// ProcessPage::nodes.
  std::uint32_t add_node(const std::string& name);
  [[nodiscard]] EndpointPlace add_publisher(const PublisherOptions& options);
  [[nodiscard]] EndpointPlace add_subscriber(const SubscriberOptions& options);
  void remove_endpoint(const EndpointPlace& place) noexcept;
  [[nodiscard]] DoorbellId allocate_doorbell();

  /// Lets the group's clock run at `rate`, without a step. Refused when it runs at another rate and others
  /// use it; the text says who. Readers never count as users.
  void set_clock_rate(double rate);
  /// What the clocks of other hosts show against the group's (group_clock.hpp), in place of what was said
  /// before. Told by the gateway.
  void set_remote_clocks(const std::vector<RemoteClock>& clocks);
  /// What this process says about itself, a JSON text: stands as `status` at the process in the graph, in
  /// place of what was said before. Throws TransportError too when it is no JSON.
  void set_status(const std::string& json);
  /// What the broker has said to everybody since the last call, one sentence each, or since this client
  /// connected: locks taken from the dead, memory that may be lost. Also what it said before it ended.
  [[nodiscard]] std::vector<std::string> events();
  /// "generation 7 ends: RouDi has stood still ...", "it was killed": to be asked once fd() is readable.
  [[nodiscard]] std::string why_it_ended() const;

  /// Everything the broker knows, as JSON (docs/design/broker.md).
  [[nodiscard]] std::string graph();
  /// Read-only counters of another process of the graph; nullptr when it is not known (any more).
  [[nodiscard]] std::shared_ptr<const ProcessPage> map_page(std::uint32_t process_id);
  /// Stop-check-kill: SIGKILL at an instant at which the process holds no lock in shared memory. Blocks until
  /// it is dead.
  void kill_process(pid_t pid);

 private:
  struct State;
  explicit BrokerClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The socket of the broker; the lock file is beside it.
inline constexpr const char* kBrokerSocket = "/tmp/tactus-broker.sock";
inline constexpr const char* kBrokerLock = "/tmp/tactus-broker.lock";

}  // namespace tactus
