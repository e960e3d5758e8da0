// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/middleware/doorbell.hpp"
#include "tactus/middleware/flight_recorder.hpp"
#include "tactus/middleware/time_histogram.hpp"

/// Shared-memory pages between the broker, its clients and their readers. Fixed layout, versioned by the
/// protocol. What different threads write lies in different cache lines.
namespace tactus {

inline constexpr std::uint32_t kProtocolVersion = 5;
inline constexpr std::uint32_t kMaxDoorbells = 1024;  ///< 0 is never given out
inline constexpr std::uint32_t kMaxTopicSlots = 1024;

/// What the broker has to say to everybody: the newest sentences, and why it ended. Written by the broker
/// only; outlives it, however it ended. Readers: BrokerClient::events().
struct BrokerEvents {
  static constexpr std::uint64_t kKept = 32;
  struct Text {
    std::array<std::atomic<char>, 512> letters{};  ///< ends with a zero; longer ones are cut
  };
  std::atomic<std::uint64_t> count{0};  ///< said so far; number n is in texts[n % kKept]
  std::array<Text, kKept> texts{};
  Text end;  ///< why the broker ended; empty while it runs, and for ever when it was killed
};

/// One per broker, mapped by every client: all doorbells and which of them a topic's publishers ring.
struct DoorbellPage {
  std::atomic<std::uint64_t> heartbeat{0};  ///< counts RouDi's cycles (100 ms)
  std::array<Doorbell, kMaxDoorbells> doorbells{};
  struct alignas(64) Topic {
    std::atomic<std::uint64_t> words{0};  ///< which of `bits` may not be 0
    std::array<std::atomic<std::uint64_t>, kMaxDoorbells / 64> bits{};

    /// Any number of times; from then on its publishers ring it.
    void add(std::uint32_t doorbell) noexcept {
      words.fetch_or(std::uint64_t{1} << (doorbell / 64));
      bits[doorbell / 64].fetch_or(std::uint64_t{1} << (doorbell % 64));
    }
    void remove(std::uint32_t doorbell) noexcept {
      bits[doorbell / 64].fetch_and(~(std::uint64_t{1} << (doorbell % 64)));
    }
  };
  std::array<Topic, kMaxTopicSlots> topics{};
  BrokerEvents events;

  /// After all pushes. Never blocks. `own` is left out: the doorbell of the thread that calls, which looks
  /// for data before it sleeps.
  void ring(std::uint32_t topic, const Doorbell* own = nullptr) noexcept {
    for_each_bit(topics[topic].words, [&](std::uint32_t word) {
      for_each_bit(topics[topic].bits[word], [&](std::uint32_t bit) {
        Doorbell& doorbell = doorbells[word * 64 + bit];
        if (&doorbell != own) doorbell.ring();
      });
    });
  }

 private:
  template <typename Call>
  static void for_each_bit(const std::atomic<std::uint64_t>& word, Call call) noexcept {
    for (std::uint64_t bits = word.load(std::memory_order_acquire); bits != 0; bits &= bits - 1)
      call(static_cast<std::uint32_t>(__builtin_ctzll(bits)));
  }
};

enum class NodeState : std::uint32_t { kUnused, kStarting, kRunning, kFaulted, kStopped, kPaused };
enum class NodePhase : std::uint32_t { kIdle, kStart, kStep, kRun, kStop };

/// What one node does and did. Written by its executor only, before and after each call; readers see it after
/// a crash, too. What was declared for it (worker, period, deadline, budget) is there before it starts.
struct alignas(64) NodeCounters {
  std::array<char, 64> name{};
  std::atomic<NodeState> state{NodeState::kUnused};
  std::atomic<NodePhase> phase{NodePhase::kIdle};
  std::atomic<std::uint64_t> cycle{0};
  std::atomic<std::int64_t> call_start_ns{0};  ///< CLOCK_MONOTONIC
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::int64_t> run_ns_total{0};
  std::atomic<std::int64_t> run_ns_max{0};
  std::atomic<std::uint64_t> deadline_misses{0};
  std::atomic<std::uint64_t> skipped{0};  ///< releases of `every:` that came while the node was late
  std::atomic<std::uint64_t> faults{0};
  std::atomic<std::uint64_t> log_dropped{0};
  std::atomic<std::uint64_t> budget_overruns{0};  ///< calls that ran longer than `budget:`
  std::atomic<std::uint64_t> stale_inputs{0};  ///< times that an input became older than its `stale_after:`
  std::atomic<std::uint32_t> worker{0};        ///< index into ProcessPage::workers + 1; 0: not known
  std::atomic<std::int64_t> period_ns{0};      ///< declared; 0: none
  std::atomic<std::int64_t> deadline_ns{0};    ///< declared; 0: none
  std::atomic<std::int64_t> budget_ns{0};      ///< declared; 0: none
};

/// How a node's calls went. Written by its thread only.
struct alignas(64) NodeTimes {
  TimeHistogram period;    ///< from the start of a call to the start of the next
  TimeHistogram jitter;    ///< from the instant a call was due to its start
  TimeHistogram run;       ///< of the call itself
  TimeHistogram response;  ///< from the instant it was due to its end
};

/// What an entry of ProcessPage::endpoints is. Written by the broker, before the owner writes anything.
struct alignas(64) EndpointPlate {
  enum class Use : std::uint32_t { kUnused, kPublisher, kSubscriber };
  std::array<char, 104> topic{};
  std::atomic<std::uint32_t> node{0};  ///< index into ProcessPage::nodes + 1; 0: of no node
  std::atomic<std::uint32_t> id{0};    ///< PublisherId::index of its messages
  std::atomic<Use> use{Use::kUnused};
};

/// One publisher or subscriber. Written by its owner only.
struct alignas(64) EndpointCounters {
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::int64_t> last_ns{0};  ///< group clock: when the newest message was published, or taken
  /// Subscribers: age of the messages when they were taken, group time minus capture time; of all `messages`.
  std::atomic<std::int64_t> age_ns_total{0};
  std::atomic<std::int64_t> age_ns_max{0};
  std::atomic<std::uint64_t> bytes_min{0};  ///< publishers: of one message; 0 before the first
  std::atomic<std::uint64_t> bytes_max{0};
  std::atomic<std::uint64_t> unmatched{0};  ///< subscribers: messages for which `on_all` found no partner
  std::atomic<std::int64_t> first_ns{0};    ///< publishers: group time of the first message; 0 before it
};

/// What a node measures about its own work: one number, recorded again and again. Written by the node's
/// thread only, through a Metric; readers tolerate fields of neighbouring records
/// (tactus/middleware/metric.hpp).
struct MetricCounters {
  /// Log-linear: 16 equal steps per power of two from 2^-30 to 2^30 (9.3e-10 to 1.07e9), so that a quantile
  /// is within 3.2 % of the recorded value. The first bucket holds what is smaller, zero and negative values
  /// included, the last what is larger.
  static constexpr int kLeastExponent = -30;
  static constexpr int kMostExponent = 30;
  static constexpr std::uint32_t kSteps = 16;
  static constexpr std::uint32_t kBuckets = (kMostExponent - kLeastExponent) * kSteps + 2;

  std::array<char, 48> name{};
  std::array<char, 16> unit{};
  std::uint32_t node = 0;  ///< index into ProcessPage::nodes
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> rejected{0};  ///< records that are no number (NaN, infinite)
  std::atomic<double> last{0};
  std::atomic<double> min{0};
  std::atomic<double> max{0};
  std::atomic<double> sum{0};
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets{};
};

/// A thread's flag that it is inside an iceoryx call that may hold a lock in shared memory: 0 outside, else
/// the index of the endpoint that is called + 1, or kOtherCall and more. Threads beyond kMaxThreads share the
/// last flag.
struct alignas(64) ThreadFlag {
  static constexpr std::uint32_t kOtherCall = 1 << 16;
  std::atomic<std::uint32_t> in_call{0};
  std::atomic<std::uint32_t> tid{0};
};

enum class WorkerKind : std::uint32_t { kUnused, kExecutor, kSelfLooping };

/// A thread that calls nodes, from its creation on. Written by itself only.
struct alignas(64) WorkerCounters {
  static constexpr std::uint32_t kCpuWords = 4;
  std::array<char, 64> name{};  ///< of the executor, or of the self-looping node
  std::atomic<WorkerKind> kind{WorkerKind::kUnused};
  std::atomic<std::uint32_t> tid{0};
  std::atomic<std::int32_t> policy{0};    ///< as it runs: SCHED_OTHER, SCHED_FIFO, SCHED_RR
  std::atomic<std::int32_t> priority{0};  ///< as it runs
  std::array<std::atomic<std::uint64_t>, kCpuWords> cpus{};  ///< as it runs: one bit per CPU
  std::atomic<std::int64_t> waiting_since_ns{0};             ///< CLOCK_MONOTONIC; 0: it works
  std::atomic<std::uint64_t> passes{
      0};  ///< looks at its nodes; of a self-looping node: returns from its waits
  std::atomic<std::uint64_t> lost_wakes{0};  ///< wakes that only the re-check found
};

/// What was asked of the machine and not granted, one sentence each.
struct Degradations {
  static constexpr std::uint32_t kKept = 32;
  static constexpr std::size_t kBytes = 256;
  std::atomic<std::uint32_t> used{0};                   ///< entries below it are complete
  std::atomic<std::uint32_t> lost{0};                   ///< more than that
  std::array<std::array<char, kBytes>, kKept> texts{};  ///< end with a zero; longer ones are cut
};

inline constexpr std::uint32_t kMaxThreads = 64;
inline constexpr std::uint32_t kMaxWorkersPerProcess = 64;
inline constexpr std::uint32_t kMaxNodesPerProcess = 1024;
inline constexpr std::uint32_t kMaxEndpointsPerProcess = 4096;
inline constexpr std::uint32_t kMaxMetricsPerProcess = 64;

/// One per client process, made by the broker: outlives the process. 45 MB of addresses, of which only what
/// is used costs memory: readers stay below the `_used` counts, or they would make pages of what is empty.
struct ProcessPage {
  std::array<ThreadFlag, kMaxThreads> threads{};
  std::atomic<std::uint32_t> nodes_used{0};      ///< written by the broker
  std::atomic<std::uint32_t> endpoints_used{0};  ///< written by the broker; never falls
  std::atomic<std::uint32_t> metrics_used{0};    ///< entries below it are complete
  std::atomic<std::uint32_t> workers_used{0};    ///< entries below it are complete
  Degradations degradations;
  std::array<WorkerCounters, kMaxWorkersPerProcess> workers{};
  std::array<NodeCounters, kMaxNodesPerProcess> nodes{};
  std::array<EndpointCounters, kMaxEndpointsPerProcess> endpoints{};
  std::array<EndpointPlate, kMaxEndpointsPerProcess> plates{};
  std::array<MetricCounters, kMaxMetricsPerProcess> metrics{};
  std::array<NodeTimes, kMaxNodesPerProcess> times{};
  std::array<FlightRecorder, kMaxWorkersPerProcess> recorders{};  ///< of the worker of that index
};

/// The entries that are in use. Any thread, any process.
[[nodiscard]] std::span<const NodeCounters> used_nodes(const ProcessPage& page) noexcept;
[[nodiscard]] std::span<const WorkerCounters> used_workers(const ProcessPage& page) noexcept;
[[nodiscard]] std::span<const EndpointPlate> used_plates(const ProcessPage& page) noexcept;
/// The memory of all of them, to be touched before it is needed.
[[nodiscard]] std::vector<std::span<const std::byte>> used_parts(const ProcessPage& page);

/// The next entry of a page, named and visible to readers; nullptr when all are used. One thread at a time.
/// Its recorder is touched here: writing it costs no page fault.
[[nodiscard]] WorkerCounters* add_worker(ProcessPage& page, std::string_view name, WorkerKind kind) noexcept;
/// Cut to what an entry holds; beyond the last entry only counted. One thread at a time.
void add_degradation(ProcessPage& page, std::string_view text) noexcept;
[[nodiscard]] std::vector<std::string> degradations(const ProcessPage& page);

/// "unused", "starting", "running", ...
[[nodiscard]] const char* to_text(NodeState state) noexcept;

}  // namespace tactus
