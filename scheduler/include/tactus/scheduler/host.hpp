// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/middleware/pages.hpp"
#include "tactus/middleware/transport.hpp"
#include "tactus/scheduler/host_settings.hpp"

namespace tactus {

/// Exit codes of a process of nodes.
enum HostExit { kHostClean = 0, kHostCouldNotStart = 1, kHostBrokerEnded = 3, kHostDidNotStop = 4 };

class BrokerClient;

/// The process could not be set up. The text names the node or executor, why, and what to do.
class HostError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a host takes from the outside: the broker's pages in a process, memory of its own in a test.
struct HostServices {
  struct Bell {
    DoorbellId id = 0;
    Doorbell* word = nullptr;  ///< outlives the host
  };
  Transport* transport = nullptr;
  struct Place {
    NodeCounters* counters = nullptr;
    NodeTimes* times = nullptr;
    std::uint32_t node = 0;  ///< index of both
  };
  std::function<Place(const std::string& node)> add_node;  ///< throws TransportError
  /// A thread that will call nodes. Throws TransportError when the process has no room for more.
  struct WorkerPlace {
    WorkerCounters* counters = nullptr;
    FlightRecorder* recorder = nullptr;
    std::uint32_t worker = 0;  ///< index of both
  };
  std::function<WorkerPlace(std::string_view name, WorkerKind kind)> add_worker;
  /// Of a node that add_node() returned. Throws TransportError when the process has no room for more.
  std::function<MetricCounters&(const NodeCounters& node, std::string_view name, std::string_view unit)>
      add_metric;
  std::function<Bell()> add_bell;
  /// Something that was asked of the machine and denied: for whoever looks at the graph. May be empty.
  std::function<void(const std::string& text)> add_degradation{};
  std::function<void(const std::string& line)> log;  ///< one line of a node's log; on the log thread
};

/// Services of a process that is connected to the broker. Both outlive the services.
[[nodiscard]] HostServices broker_services(BrokerClient& broker, Transport& transport);

/// How a reload went.
struct Reload {
  std::string error;         ///< why the node goes on as it was; empty: it was replaced
  std::string said;          ///< what was done, for people
  std::int64_t held_ns = 0;  ///< how long the node's thread did nothing else
};

/// The nodes and threads of one process. Thread: one, except where said.
class Host {
 public:
  Host(const HostSettings& settings, HostServices services);
  /// Stops what runs.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Loads the libraries, constructs every node in file order and creates the threads. Returns what was asked
  /// of the machine and denied, one sentence each. Throws HostError; with realtime `required` for a denial as
  /// well.
  std::vector<std::string> construct();
  /// Once, when all processes of the launch are constructed: touches what they will use. Takes tens of
  /// milliseconds for a realtime process. Returns and throws as construct() does.
  std::vector<std::string> prefault();
  /// Starts every node on its own thread; returns when all of them have started or faulted.
  void start();
  /// In reverse file order; true when every thread ended within `limit` each. A thread that does not
  /// can only be ended with the process: see hanging().
  bool stop(std::chrono::milliseconds limit);

  /// stop, start, restart, pause, resume: is done between two calls of the node. Waits for it, at most
  /// `limit`. Returns why it cannot be done, or is not done yet; empty: it is. Not while start() or stop()
  /// run.
  [[nodiscard]] std::string command(const std::string& node, const std::string& what,
                                    std::chrono::milliseconds limit);
  /// Loads another build of the node and lets it take the node's place between two calls: its inputs keep
  /// what is queued, its outputs their sequence, its state goes over when both are Stateful. `parameters` are
  /// set besides those it has. Blocks for the loading and for the call that goes on, that one at most
  /// `limit`.
  [[nodiscard]] Reload reload(const std::string& node, const std::filesystem::path& library,
                              const std::map<std::string, ParameterValue>& parameters,
                              std::chrono::milliseconds limit);
  /// Records below `level` (debug, info, warn, error) are not kept any more. Returns what is wrong; empty:
  /// done.
  [[nodiscard]] std::string set_log_level(const std::string& node, const std::string& level);

  /// "node /tracker has been in step for 2.1 s (cycle 71)" for every call that is still running.
  [[nodiscard]] std::vector<std::string> hanging() const;
  [[nodiscard]] std::size_t faulted() const;  ///< nodes
  /// True when no node is left that runs.
  [[nodiscard]] bool idle() const;
  /// Wakes that only the re-check found.
  [[nodiscard]] std::uint64_t lost_wakes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tactus
