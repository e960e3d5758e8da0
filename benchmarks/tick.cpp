// SPDX-License-Identifier: Apache-2.0
// How late a tick is: an executor of ours beside cyclictest, at the same priority on the same CPU, in
// alternating rounds, idle and under stress-ng. Both hold /dev/cpu_dma_latency at 0.
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "counters.hpp"
#include "executor.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/middleware/in_process.hpp"
#include "tactus/middleware/time.hpp"

namespace tactus::benchmarks {
namespace {

constexpr int kPriority = 80;
constexpr std::int64_t kRoundTicks = 5000;

struct Options {
  std::string json;
  std::int64_t ticks = 20'000;  ///< per arm and cell
  int cpu = 1;
  std::int64_t margin_us = 50;
  std::int64_t hz = 0;  ///< 0: all
  bool quick = false;
};

/// Lateness in nanoseconds.
struct Lateness {
  std::vector<double> sorted_ns;
  [[nodiscard]] double at(double share) const {
    if (sorted_ns.empty()) return 0;
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted_ns.size()));
    return sorted_ns[std::min(index, sorted_ns.size() - 1)];
  }
};

struct Cell {
  std::string load;
  std::int64_t period_ns = 0;
  Lateness ours, theirs;
};

/// Says when it was called, for as long as it has room.
class TickNode final : public Node {
 public:
  explicit TickNode(NodeContext&) {}
  void step(const Cycle& cycle) override {
    if (late_ns->size() == wanted) return;
    late_ns->push_back(static_cast<double>(monotonic_ns() - group_clock().monotonic_at(cycle.released())));
    if (late_ns->size() == wanted) done->set_value();
  }
  static inline std::vector<double>* late_ns = nullptr;
  static inline std::size_t wanted = 0;
  static inline std::promise<void>* done = nullptr;
};

const NodeEntry kEntry{"TickNode", true, false,
                       [](NodeContext& context) -> Node* { return new TickNode{context}; },
                       [](Node* node) { delete node; }};

class SilentLog final : public Log {
  void push(const LogRecord&) noexcept override {}
};

/// One round of ours: an executor as the host makes it.
void run_ours(const Options& options, std::int64_t period_ns, std::int64_t ticks, std::vector<double>& all) {
  std::vector<double> late_ns;
  late_ns.reserve(static_cast<std::size_t>(ticks));
  std::promise<void> done;
  TickNode::late_ns = &late_ns;
  TickNode::wanted = static_cast<std::size_t>(ticks);
  TickNode::done = &done;
  SilentLog log;
  const auto transport = make_in_process_transport();
  const auto page = std::make_unique<ProcessPage>();
  const NodePlace place{page->nodes[0], page->times[0], page->recorders[0], 0};
  NodeServices services{*transport, log, [](const std::string&) { return DoorbellId{0}; }, {}};
  NodeRunner runner{
      {{"/tick", {}, {}}, {{TriggerKind::kEvery, period_ns, 0, {}, 0}}}, kEntry, std::move(services), place};
  runner.construct();
  Doorbell bell;
  WorkerOptions settings{
      "tick", {ThreadPolicy::kFifo, kPriority, {options.cpu}}, 0, options.margin_us * 1000};
  ExecutorWorker worker{settings, bell, page->workers[0], {&runner}, {}};
  for (const std::string& text : worker.start().get()) throw std::runtime_error{text};
  worker.go().wait();
  done.get_future().wait();
  worker.request_stop().wait();
  all.insert(all.end(), late_ns.begin(), late_ns.end());
}

/// One round of theirs; late beyond the histogram counts as its end.
void run_cyclictest(const Options& options, std::int64_t period_ns, std::int64_t ticks,
                    std::vector<double>& all) {
  constexpr int kBuckets = 1'000'000;  // of a nanosecond
  const std::string command =
      fmt::format("cyclictest -m -p {} -i {} -a {} -t 1 -l {} -N -q -h {} 2>/dev/null", kPriority,
                  period_ns / 1000, options.cpu, ticks, kBuckets);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
  std::array<char, 256> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    long bucket = 0, count = 0;
    if (std::sscanf(line.data(), "# Histogram Overflows: %ld", &count) == 1)
      bucket = kBuckets;
    else if (line[0] == '#' || std::sscanf(line.data(), "%ld %ld", &bucket, &count) != 2)
      continue;
    all.insert(all.end(), static_cast<std::size_t>(count), static_cast<double>(bucket));
  }
}

/// Work for all CPUs, of the kinds that hurt: computing, memory, system calls.
class Load {
 public:
  explicit Load(bool wanted) {
    if (!wanted) return;
    pid_ = fork();
    if (pid_ != 0) return;
    setpgid(0, 0);
    execlp("stress-ng", "stress-ng", "-q", "--cpu", "0", "--vm", "1", "--vm-bytes", "64M", "--switch", "1",
           nullptr);
    _exit(127);
  }
  ~Load() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  pid_t pid_ = -1;
};

Cell measure(const Options& options, bool loaded, std::int64_t period_ns) {
  Cell cell{loaded ? "stress-ng" : "idle", period_ns, {}, {}};
  const Load load{loaded};
  const std::int64_t per_round = std::min(kRoundTicks, options.ticks);
  for (std::int64_t left = options.ticks; left > 0; left -= per_round) {
    run_ours(options, period_ns, per_round, cell.ours.sorted_ns);
    run_cyclictest(options, period_ns, per_round, cell.theirs.sorted_ns);
  }
  std::ranges::sort(cell.ours.sorted_ns);
  std::ranges::sort(cell.theirs.sorted_ns);
  return cell;
}

constexpr std::array<std::pair<const char*, double>, 4> kShares{
    {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1.0}}};

void print(const std::vector<Cell>& cells) {
  fmt::print("lateness of a tick in us, ours / cyclictest (ratio)\n{:<22}{:>10}", "", "ticks");
  for (const auto& [name, share] : kShares) fmt::print("{:>26}", name);
  fmt::print("\n");
  for (const Cell& cell : cells) {
    fmt::print("{:<22}{:>10}", fmt::format("{} Hz, {}", 1'000'000'000 / cell.period_ns, cell.load),
               cell.ours.sorted_ns.size());
    for (const auto& [name, share] : kShares) {
      const double ours = cell.ours.at(share) / 1000, theirs = cell.theirs.at(share) / 1000;
      fmt::print("{:>26}",
                 fmt::format("{:.1f} / {:.1f} ({:.2f})", ours, theirs, theirs > 0 ? ours / theirs : 0));
    }
    fmt::print("\n");
  }
}

nlohmann::json to_json(const std::vector<Cell>& cells, bool held) {
  auto rows = nlohmann::json::array();
  for (const Cell& cell : cells) {
    nlohmann::json row{{"load", cell.load}, {"period_ns", cell.period_ns}};
    for (const auto& [arm, late] : {std::pair{"tactus", &cell.ours}, std::pair{"cyclictest", &cell.theirs}}) {
      row[arm]["samples"] = late->sorted_ns.size();
      for (const auto& [name, share] : kShares) row[arm][name] = late->at(share);
    }
    rows.push_back(row);
  }
  return {{"rows", rows}, {"cpu_dma_latency_held", held}, {"priority", kPriority}};
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--json", options.json, "Writes the numbers there, too")->type_name("FILE");
  app.add_option("--ticks", options.ticks, "Per row and side; a p99.9 wants 200000")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--cpu", options.cpu, "The CPU that both run on")
      ->type_name("N")
      ->check(CLI::Range(0, CPU_SETSIZE - 1))
      ->capture_default_str();
  app.add_option("--hz", options.hz, "Only this rate; 0: both")
      ->type_name("N")
      ->check(CLI::IsMember({0, 200, 1000}))
      ->capture_default_str();
  app.add_option("--margin-us", options.margin_us, "How long before its tick ours wakes")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_flag("--quick", options.quick, "200 ticks: does it run?");
  app.footer(
      "Needs the right to priority 80 (rtctl doctor --rt), cyclictest and stress-ng.\n\nExamples:\n"
      "  bench_tick\n  bench_tick --ticks 200000 --hz 1000 --json tick.json   # 14 minutes");
}

int run(const Options& options) {
  const CpuLatencyHold hold;
  if (const std::string denied = lock_memory(); !denied.empty()) throw std::runtime_error{denied};
  std::vector<Cell> cells;
  for (const bool loaded : {false, true}) {
    for (const std::int64_t hz : {1000, 200}) {
      if (options.hz == 0 || options.hz == hz) cells.push_back(measure(options, loaded, 1'000'000'000 / hz));
    }
  }
  print(cells);
  if (!hold.held()) fmt::print("cpu_dma_latency was not granted to ours: the comparison is not fair\n");
  if (!options.json.empty()) std::ofstream{options.json} << to_json(cells, hold.held()).dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace tactus::benchmarks

int main(int count, char** words) try {
  tactus::benchmarks::Options options;
  CLI::App app{"How late a tick is: an executor of ours beside cyclictest, idle and under stress-ng",
               "bench_tick"};
  tactus::benchmarks::add_options(app, options);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.quick) options.ticks = 200;
  return tactus::benchmarks::run(options);
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_tick: {}\n", error.what());
  return 1;
}
