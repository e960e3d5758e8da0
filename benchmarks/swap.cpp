// SPDX-License-Identifier: Apache-2.0
// How long it takes to replace a node that runs, beside starting a process.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "tactus/middleware/in_process.hpp"
#include "tactus/middleware/time.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/host.hpp"

extern char** environ;

namespace {

using namespace tactus;

constexpr int kRounds = 500;

struct Pages {
  NodeCounters counters;
  NodeTimes times;
  WorkerCounters worker;
  FlightRecorder recorder;
  Doorbell bell;
  std::deque<MetricCounters> metrics;
};

HostServices services(Pages& pages, Transport& transport) {
  HostServices services;
  services.transport = &transport;
  services.add_node = [&](const std::string&) {
    return HostServices::Place{&pages.counters, &pages.times, 0};
  };
  services.add_worker = [&](std::string_view, WorkerKind) {
    return HostServices::WorkerPlace{&pages.worker, &pages.recorder, 0};
  };
  services.add_metric = [&](const NodeCounters&, std::string_view, std::string_view) -> MetricCounters& {
    return pages.metrics.emplace_back();
  };
  services.add_bell = [&] { return HostServices::Bell{1, &pages.bell}; };
  services.log = [](const std::string&) {};
  return services;
}

HostSettings settings_of(const std::string& library) {
  HostNode node;
  node.settings.name = "/swapped";
  node.library = library;
  node.executor = "main";
  node.trigger.kind = TriggerKind::kEvery;
  node.trigger.period_ns = 5'000'000;
  HostSettings settings;
  settings.process = "bench";
  settings.executors.push_back({"main", {}, 0});
  settings.nodes.push_back(std::move(node));
  return settings;
}

void print_row(const char* what, std::vector<std::int64_t> ns) {
  std::ranges::sort(ns);
  const auto at = [&](std::size_t percent) {
    return static_cast<double>(ns[(ns.size() - 1) * percent / 100]) * 1e-6;
  };
  fmt::print("| {} | {:.3f} | {:.3f} | {:.3f} |\n", what, at(50), at(99), at(100));
}

std::int64_t start_and_end(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
  const std::int64_t start_ns = monotonic_ns();
  pid_t pid = 0;
  if (posix_spawn(&pid, arguments[0], &quiet, nullptr, arguments.data(), environ) != 0) std::abort();
  waitpid(pid, nullptr, 0);
  return monotonic_ns() - start_ns;
}

}  // namespace

int main(int argc, char** argv) {
  std::string one, two;
  CLI::App app{"How long it takes to replace a node that runs, beside starting a process", "bench_swap"};
  app.add_option("one", one, "A build of a node with step()")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("ONE.so");
  app.add_option("two", two, "Another build of the same node")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("TWO.so");
  app.footer("Example:\n  bench_swap build/lib/tactus/nodes/libimu_integrator.so other/libimu_integrator.so");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto transport = make_in_process_transport();
  const auto pages = std::make_unique<Pages>();
  Host host{settings_of(one), services(*pages, *transport)};
  host.construct();
  host.start();
  std::vector<std::int64_t> swaps, held, truths, hosts;
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t start_ns = monotonic_ns();
    const Reload done = host.reload("/swapped", round % 2 == 0 ? two : one, {}, std::chrono::seconds{2});
    swaps.push_back(monotonic_ns() - start_ns);
    held.push_back(done.held_ns);
    if (!done.error.empty()) {
      fmt::print(stderr, "bench_swap: {}\n", done.error);
      return 1;
    }
    truths.push_back(start_and_end({"/bin/true"}));
    hosts.push_back(start_and_end({host_program().string(), "--describe", one}));
  }
  fmt::print("{} rounds | p50 ms | p99 ms | max ms\n|---|---|---|---|\n", kRounds);
  print_row("replace a node that runs", std::move(swaps));
  print_row("of it, its thread was held", std::move(held));
  print_row("fork + exec of /bin/true", std::move(truths));
  print_row("fork + exec of a host that constructs the node", std::move(hosts));
  return 0;
}
