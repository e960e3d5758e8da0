// SPDX-License-Identifier: Apache-2.0
// One hop between two processes, and between two threads of one: Tactus beside bare iceoryx, alternating, in
// the same two threads. Then what a call and a hop cost inside one thread.
#include <fmt/core.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "counters.hpp"
#include "hop_arms.hpp"
#include "local_hop.hpp"
#include "report.hpp"
#include "tactus/middleware/iceoryx_transport.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::benchmarks {
namespace {

constexpr std::array<std::size_t, 5> kSizes{64, 4 << 10, 64 << 10, 1 << 20, 8 << 20};
constexpr std::array<const char*, 5> kSizeNames{"64 B", "4 kB", "64 kB", "1 MB", "8 MB"};
constexpr std::int64_t kGapNs = 1'000'000;
constexpr std::uint32_t kMostPerRound = 1000;
constexpr std::uint32_t kWarmUp = 5;  ///< first messages of a round, not recorded
constexpr int kPriority = 80;

/// How the reader waits: looks for messages, sleeps, or looks for a wake for some time and sleeps then.
enum class Mode : std::uint32_t { kPoll, kBlock, kSpin };
constexpr std::array<const char*, 3> kModeNames{"poll", "block", "spin"};
constexpr std::int64_t kSpinNs = 50'000;

struct Case {
  std::uint32_t size = 0;  ///< index into kSizes
  Mode mode = Mode::kPoll;
  bool touched = false;
  bool gap = false;
};

/// What both processes do next.
struct Command {
  enum Kind { kOpen, kRound, kClose, kQuit } kind = kQuit;
  Case what{};
  std::uint32_t arm = 0;
  std::uint32_t messages = 0;
  bool counting = false;
};

/// One process' part of a counting round.
struct Counts {
  std::int64_t syscalls = 0;
  std::int64_t allocations = 0;
};

/// Between the two ends: commands of the first, results of the second.
struct Shared {
  Doorbell go;
  std::atomic<std::uint32_t> given{0};
  std::atomic<std::uint32_t> done{0};
  Command command;
  std::array<std::int64_t, kMostPerRound> latencies_ns{};
  Counts counts;
};

/// This process' way into shared memory.
struct Place {
  std::unique_ptr<BrokerClient> broker =
      BrokerClient::ensure({BrokerClient::Kind::kProgram, "bench_hop", ""});
  std::unique_ptr<Transport> transport = make_iceoryx_transport(*broker);
};

/// Both arms of one side and the rounds they take part in. Thread: the one that creates it.
class End {
 public:
  End(bool first, Shared& shared, Place& place) : first_{first}, shared_{shared}, place_{place} {
    realtime_ = settle_thread();
  }

  [[nodiscard]] bool realtime() const { return realtime_; }
  [[nodiscard]] Transport& transport() { return *place_.transport; }
  [[nodiscard]] bool counts_syscalls() const { return syscalls_.works(); }

  void open(const Case& what) {
    const ArmPlace place{fmt::format("hop_{}", what.size), first_, kSizes[what.size]};
    arms_ = {make_tactus_arm(*place_.broker, *place_.transport, place), make_iceoryx_arm(place)};
  }
  void close() { arms_ = {}; }

  /// Counts are of the whole round: sleeping through a gap is not a message's.
  Counts round(const Command& command) {
    if (syscalls_.works()) static_cast<void>(syscalls_.take());
    const auto allocations = testing::allocations_of_this_thread();
    if (first_)
      send_pings(command);
    else
      answer_pings(command);
    Counts counts;
    counts.allocations = static_cast<std::int64_t>(testing::allocations_of_this_thread() - allocations);
    if (syscalls_.works()) counts.syscalls = syscalls_.take();
    if (first_ && command.what.gap && command.what.mode == Mode::kBlock) counts.syscalls -= command.messages;
    return counts;
  }

 private:
  /// A CPU of its own and FIFO where it is granted.
  [[nodiscard]] bool settle_thread() const {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(first_ ? 0 : 1, &cpus);
    const sched_param priority{kPriority};
    return pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus) == 0 &&
           pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
  }

  std::int64_t receive(const Command& command, const Payload& payload) {
    Arm& arm = *arms_[command.arm];
    for (;;) {
      if (const auto stamp_ns = arm.take(payload)) return *stamp_ns;
      if (command.what.mode != Mode::kPoll) arm.wait(command.what.mode == Mode::kSpin ? kSpinNs : 0);
    }
  }

  void send_pings(const Command& command) {
    const Payload payload{kSizes[command.what.size], command.what.touched};
    for (std::uint32_t i = 0; i < command.messages; ++i) {
      if (command.what.gap) pass_time(command.what.mode == Mode::kBlock);
      arms_[command.arm]->send(payload, monotonic_ns());
      static_cast<void>(receive(command, payload));
    }
  }

  void answer_pings(const Command& command) {
    const Payload payload{kSizes[command.what.size], command.what.touched};
    for (std::uint32_t i = 0; i < command.messages; ++i) {
      const std::int64_t sent_ns = receive(command, payload);
      shared_.latencies_ns[i] = monotonic_ns() - sent_ns;
      arms_[command.arm]->send(payload, 0);
    }
  }

  static void pass_time(bool sleeping) {
    const std::int64_t until_ns = monotonic_ns() + kGapNs;
    const timespec until{until_ns / 1'000'000'000, until_ns % 1'000'000'000};
    if (sleeping) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    while (monotonic_ns() < until_ns) continue;
  }

  bool first_;
  Shared& shared_;
  Place& place_;
  SyscallCounter syscalls_;
  bool realtime_ = false;
  std::array<std::unique_ptr<Arm>, 2> arms_;
};

/// The side that answers: does what it is told until kQuit.
void answer(Shared& shared, Place& place) {
  End end{false, shared, place};
  for (std::uint32_t done = 0;;) {
    while (shared.given.load(std::memory_order_acquire) == done) {
      shared.go.wait_until(monotonic_ns() + kGapNs);
      shared.go.answer();
    }
    const Command command = shared.command;
    if (command.kind == Command::kOpen) end.open(command.what);
    if (command.kind == Command::kRound) shared.counts = end.round(command);
    if (command.kind == Command::kClose) end.close();
    shared.done.store(++done, std::memory_order_release);
    if (command.kind == Command::kQuit) return;
  }
}

/// A process that answers.
class OtherProcess {
 public:
  /// Before this process joins shared memory.
  explicit OtherProcess(Shared& shared) : pid_{fork()} {
    if (pid_ != 0) return;
    Place place;
    answer(shared, place);
    std::exit(0);
  }
  void join() const { waitpid(pid_, nullptr, 0); }

 private:
  pid_t pid_;
};

class Bench {
 public:
  struct Options {
    std::string json;
    std::string only;  ///< part of the names of the rows wanted; empty: all
    bool quick = false;
  };
  Bench(Shared& shared, const Options& options) : shared_{shared}, options_{options} {}

  std::vector<Row> between_processes(const OtherProcess& other) {
    std::vector<Row> rows;
    for (const Mode mode : {Mode::kPoll, Mode::kBlock}) {
      for (std::uint32_t size = 0; size < kSizes.size(); ++size) {
        std::vector<Case> cases;
        for (const bool gap : {false, true})
          for (const bool touched : {false, true}) cases.push_back({size, mode, touched, gap});
        append(rows, measure_all(cases));
      }
    }
    append(rows, measure_all({{0, Mode::kSpin, false, false}}));
    both({.kind = Command::kQuit});
    other.join();
    return rows;
  }

  std::vector<Row> between_threads() {
    shared_.given = shared_.done = 0;
    std::thread other{[this] { answer(shared_, place_); }};
    std::vector<Row> rows = measure_all({{0, Mode::kPoll, false, false},
                                         {0, Mode::kBlock, false, false},
                                         {0, Mode::kBlock, false, true},
                                         {0, Mode::kSpin, false, false}});
    both({.kind = Command::kQuit});
    other.join();
    return rows;
  }

  std::vector<Row> inside_one_thread() { return local_rows(end_.transport()); }
  std::vector<Row> chain() { return chain_rows(end_.transport(), options_.quick); }

  [[nodiscard]] std::map<std::string, std::string> facts() const {
    return {
        {"scheduling", end_.realtime() ? "fifo 80, a CPU each" : "fifo was denied"},
        {"cpu_dma_latency", latency_.held() ? "held at 0" : "not held"},
        {"system calls", end_.counts_syscalls() ? "counted" : "not counted: no tracefs or no perf events"},
        {"daemon", "both arms use the RouDi inside of tactus-broker"}};
  }

 private:
  static void append(std::vector<Row>& rows, std::vector<Row> more) {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  /// All of one size.
  std::vector<Row> measure_all(const std::vector<Case>& cases) {
    std::vector<Row> rows;
    both({.kind = Command::kOpen, .what = cases.front()});
    for (const Case& what : cases)
      if (name_of(what).find(options_.only) != std::string::npos) rows.push_back(measure(what));
    both({.kind = Command::kClose});
    return rows;
  }

  /// Both ends do it; returns when both have.
  Counts both(const Command& command) {
    shared_.command = command;
    const std::uint32_t given = shared_.given.load(std::memory_order_relaxed) + 1;
    shared_.given.store(given, std::memory_order_release);
    shared_.go.ring();
    Counts counts;
    if (command.kind == Command::kOpen) end_.open(command.what);
    if (command.kind == Command::kRound) counts = end_.round(command);
    if (command.kind == Command::kClose) end_.close();
    while (shared_.done.load(std::memory_order_acquire) != given) usleep(50);
    return counts;
  }

  /// Rounds of the two arms in turn, ABBA, until the time for a row is used up.
  Row measure(const Case& what) {
    const auto messages = messages_per_round(what);
    std::array<std::vector<double>, 2> latencies_ns;
    const std::int64_t until_ns = monotonic_ns() + (options_.quick ? 0 : kRowNs);
    for (std::uint32_t round = 0; round < 4 || (round % 4 != 0 || monotonic_ns() < until_ns); ++round) {
      const std::uint32_t arm = (round ^ (round >> 1)) & 1;
      both({.kind = Command::kRound, .what = what, .arm = arm, .messages = messages});
      for (std::uint32_t i = kWarmUp; i < messages; ++i)
        latencies_ns[arm].push_back(static_cast<double>(shared_.latencies_ns[i]));
    }
    Row row{name_of(what), "iceoryx", quantiles(latencies_ns[0]), quantiles(latencies_ns[1])};
    count(what, messages, row);
    return row;
  }

  /// A pass of its own: the tracepoint that counts system calls makes them slower.
  void count(const Case& what, std::uint32_t messages, Row& row) {
    std::array<double, 2> syscalls{}, allocations{};
    for (const std::uint32_t arm : {0U, 1U}) {
      const Counts ours = both({.kind = Command::kRound, .what = what, .arm = arm, .messages = messages});
      const double sent = 2.0 * messages;
      syscalls[arm] = static_cast<double>(ours.syscalls + shared_.counts.syscalls) / sent;
      allocations[arm] = static_cast<double>(ours.allocations + shared_.counts.allocations) / sent;
    }
    if (end_.counts_syscalls()) row.syscalls = {syscalls[0], syscalls[1]};
    row.allocations = {allocations[0], allocations[1]};
  }

  [[nodiscard]] std::uint32_t messages_per_round(const Case& what) const {
    if (options_.quick) return kWarmUp + 5;
    if (what.gap) return kWarmUp + 25;
    return kSizes[what.size] >= (1 << 20) && what.touched ? kWarmUp + 25 : kWarmUp + 400;
  }

  static std::string name_of(const Case& what) {
    return fmt::format("{}, {}, {}, {}", kModeNames[static_cast<std::size_t>(what.mode)],
                       kSizeNames[what.size], what.touched ? "touched" : "untouched",
                       what.gap ? "1 ms gaps" : "back to back");
  }

  static constexpr std::int64_t kRowNs = 3'000'000'000;

  Shared& shared_;
  CpuLatencyHold latency_;
  Place place_;
  End end_{true, shared_, place_};
  Options options_;
};

Shared& make_shared_memory() {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"cannot map the shared page"};
  return *new (memory) Shared;
}

}  // namespace
}  // namespace tactus::benchmarks

int main(int argc, char** argv) {
  using namespace tactus::benchmarks;
  Bench::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument{argv[i]};
    if (argument == "--quick")
      options.quick = true;
    else if (argument == "--json" && i + 1 < argc)
      options.json = argv[++i];
    else if (argument == "--only" && i + 1 < argc)
      options.only = argv[++i];
    else {
      fmt::print(stderr, "usage: bench_hop [--json FILE] [--quick] [--only PART_OF_A_ROW_NAME]\n");
      return 2;
    }
  }
  try {
    Shared& shared = make_shared_memory();
    const OtherProcess other{shared};
    Bench bench{shared, options};
    std::vector<Table> tables{{"one hop between two processes", bench.between_processes(other)}};
    tables.push_back({"one hop between two threads of a process", bench.between_threads()});
    tables.push_back({"calls and hops inside one thread", bench.inside_one_thread()});
    tables.push_back({"a hop in a chain on one executor, every millisecond", bench.chain()});
    report(tables, bench.facts(), options.json);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_hop: {}\n", error.what());
    return 1;
  }
}
