// SPDX-License-Identifier: Apache-2.0
// A node that runs is replaced by another build of it: in this process, on the in-process transport.
#include <gmock/gmock.h>

#include <array>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <std_msgs/msg/u_int64.hpp>
#include <thread>

#include "tactus/middleware/in_process.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"
#include "tactus/scheduler/host.hpp"

namespace tactus {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using std_msgs::msg::UInt64;
using testing::HasSubstr;
using testing::IsEmpty;

fs::path build_of(const std::string& name) {
  return fs::path{TACTUS_TEST_NODES} / ("libtest_swap_" + name + ".so");
}

/// A host with one node between /in and /out, and this test at both ends.
class Reload : public testing::Test {
 protected:
  void run(const std::string& build, TriggerKind kind = TriggerKind::kEvery) {
    HostNode node;
    node.settings = {"/swapped", {{"in", "/in"}, {"out", "/out"}}, {}, {}};
    node.library = build_of(build);
    node.executor = "main";
    node.trigger.kind = kind;
    node.trigger.period_ns = 1'000'000;
    HostSettings settings;
    settings.process = "test";
    settings.executors.push_back({"main", {}, 0});
    settings.nodes.push_back(std::move(node));
    host_ = std::make_unique<Host>(settings, services());
    host_->construct();
    host_->start();
  }

  HostServices services() {
    HostServices services;
    services.transport = transport_.get();
    services.add_node = [this](const std::string&) {
      return HostServices::Place{&counters_, times_.get(), 0};
    };
    services.add_worker = [this](std::string_view, WorkerKind) {
      return HostServices::WorkerPlace{&worker_, recorder_.get(), 0};
    };
    services.add_metric = [this](const NodeCounters&, std::string_view name,
                                 std::string_view) -> MetricCounters& {
      names_.emplace_back(name);
      return metrics_.emplace_back();
    };
    services.add_bell = [this] { return HostServices::Bell{1, &bell_}; };
    services.log = [](const std::string&) {};
    return services;
  }

  tactus::Reload reload(const std::string& build,
                        const std::map<std::string, ParameterValue>& parameters = {}) {
    return host_->reload("/swapped", build_of(build), parameters, 2s);
  }

  /// Gives `count` numbers and returns what comes out, within a generous time.
  std::vector<std::uint64_t> pass_on(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      auto loan = in_.loan();
      loan->data = first + i;
      in_.publish(std::move(loan));
    }
    std::vector<std::uint64_t> got;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (got.size() < count && std::chrono::steady_clock::now() < deadline) {
      while (auto sample = out_.take()) got.push_back(sample->data);
      std::this_thread::sleep_for(200us);
    }
    return got;
  }

  double metric(const std::string& name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return metrics_[i].max.load();
    return -1;
  }

  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  std::unique_ptr<UntypedPublisher> in_port_ = transport_->create_publisher(
      {.node = "/test", .topic = "/in", .type = &type_info<UInt64>(), .max_bytes = 256});
  std::unique_ptr<UntypedSubscriber> out_port_ = transport_->create_subscriber(
      {.node = "/test", .topic = "/out", .type = &type_info<UInt64>(), .depth = 250, .max_held = 4});
  Publisher<UInt64> in_{*in_port_};
  Subscriber<UInt64> out_{*out_port_};
  NodeCounters counters_;
  std::unique_ptr<NodeTimes> times_ = std::make_unique<NodeTimes>();
  WorkerCounters worker_;
  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  Doorbell bell_;
  std::deque<std::string> names_;
  std::deque<MetricCounters> metrics_;
  std::unique_ptr<Host> host_;
};

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(first + i);
  return all;
}

TEST_F(Reload, AnotherBuildGoesOnWhereTheOneBeforeWas) {
  run("one");
  EXPECT_EQ(pass_on(1, 10), numbers(1, 10));
  EXPECT_EQ(metric("version"), 1);
  const auto done = reload("two");
  EXPECT_THAT(done.error, IsEmpty());
  EXPECT_THAT(done.said, HasSubstr("8 bytes of state handed over (version 1)"));
  EXPECT_EQ(pass_on(11, 10), numbers(11, 10));
  EXPECT_EQ(metric("version"), 2);
  EXPECT_EQ(metric("handled"), 20) << "the count goes on";
}

TEST_F(Reload, WhatIsQueuedStaysQueued) {
  run("one");
  const auto queued = [&](std::uint64_t first) {
    auto loan = in_.loan();
    loan->data = first;
    in_.publish(std::move(loan));
  };
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    queued(i);
    expected.push_back(i);
    if (i % 20 == 0) {
      EXPECT_THAT(reload(i % 40 == 0 ? "one" : "two").error, IsEmpty());
    }
  }
  auto got = pass_on(201, 1);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (got.size() < 201 && std::chrono::steady_clock::now() < deadline)
    if (auto sample = out_.take()) got.push_back(sample->data);
  expected.push_back(201);
  EXPECT_EQ(got, expected);
}

TEST_F(Reload, ParametersAreKeptUnlessTheyAreGiven) {
  run("one");
  EXPECT_THAT(reload("two", {{"add", std::int64_t{100}}}).error, IsEmpty());
  EXPECT_EQ(pass_on(1, 3), numbers(101, 3));
  EXPECT_THAT(reload("one").error, IsEmpty());
  EXPECT_EQ(pass_on(4, 3), numbers(104, 3));
  EXPECT_THAT(host_->command("/swapped", "restart", 2s), IsEmpty());
  EXPECT_EQ(pass_on(7, 3), numbers(107, 3)) << "constructed again it has them too";
  EXPECT_THAT(reload("two", {{"ad", std::int64_t{1}}}).error,
              HasSubstr("no parameter 'ad'; did you mean 'add'?"));
  EXPECT_THAT(reload("two", {{"add", std::int64_t{-1}}}).error, HasSubstr("allowed are 0 to 1000"));
}

TEST_F(Reload, WhatDoesNotFitLeavesTheOneBeforeRunning) {
  run("one");
  const std::pair<const char*, const char*> kRefused[] = {
      {"other_type", "'out' is std_msgs/msg/UInt32, not std_msgs/msg/UInt64"},
      {"other_depth", "'in' has depth: 100, not 200"},
      {"other_port", "'more' is a new output"},
      {"unique", "has unique symbols"},
      {"missing_symbol", "undefined symbol: nobody_defines_this"},
      {"constructor_throws", "the constructor does not like it here"},
      {"start_throws", "start() threw: no camera is there; the one before goes on"},
      {"restore_throws", "restore() threw: cannot read version 1; the one before goes on"},
      {"restore_reads_nothing", "a restore() that reads all that save() wrote"},
      {"looping_two", "has no step()"},
      {"none", "cannot be opened"},
      {"one", "it runs this build already"}};
  std::uint64_t next = 1;
  for (const auto& [build, why] : kRefused) {
    EXPECT_THAT(reload(build).error, HasSubstr(why));
    EXPECT_EQ(pass_on(next, 2), numbers(next, 2)) << build;
    next += 2;
  }
  EXPECT_EQ(metric("version"), 1);
  EXPECT_EQ(metric("handled"), static_cast<double>(next - 1)) << "it never was another one";
  EXPECT_EQ(counters_.faults.load(), 0U);
}

TEST_F(Reload, AFileThatWasBuiltAgainUnderItsNameIsTheNewOne) {
  const fs::path file = fs::temp_directory_path() / ("tactus_reload_" + std::to_string(getpid()) + ".so");
  const auto put = [&](const std::string& build) {
    const fs::path fresh = file.string() + ".new";
    fs::copy_file(build_of(build), fresh);
    fs::rename(fresh, file);
  };
  run("one");
  std::uint64_t next = 1;
  for (const double version : {2, 1, 2, 1}) {
    put(version == 1 ? "one" : "two");
    EXPECT_THAT(host_->reload("/swapped", file, {}, 2s).error, IsEmpty());
    EXPECT_EQ(pass_on(next, 1), numbers(next, 1));
    EXPECT_EQ(metrics_.size(), 2U);
    next += 1;
  }
  fs::remove(file);
}

TEST_F(Reload, SelfLoopingNodesAreReplacedWhenTheirRunReturns) {
  run("looping_one", TriggerKind::kSelfLooping);
  EXPECT_EQ(pass_on(1, 5), numbers(1, 5));
  EXPECT_THAT(reload("looping_two").error, IsEmpty());
  EXPECT_EQ(pass_on(6, 5), numbers(6, 5));
  EXPECT_EQ(metric("handled"), 10);
  EXPECT_THAT(reload("one").error, HasSubstr("has no run()"));
  EXPECT_EQ(pass_on(11, 5), numbers(11, 5));
}

TEST_F(Reload, CoroutinesAreReplacedWhereTheyWait) {
  run("coroutine_one", TriggerKind::kCoroutine);
  EXPECT_EQ(pass_on(1, 5), numbers(1, 5));
  EXPECT_THAT(reload("coroutine_two").error, IsEmpty());
  EXPECT_EQ(pass_on(6, 5), numbers(6, 5));
  EXPECT_EQ(metric("handled"), 10);
  EXPECT_THAT(host_->command("/swapped", "restart", 2s), IsEmpty());
  EXPECT_EQ(pass_on(11, 5), numbers(11, 5)) << "constructed again it begins again";
}

TEST_F(Reload, ALibraryStaysWhileAThreadIsInside) {
  run("one");
  EXPECT_THAT(reload("leaves_thread").error, IsEmpty());
  const auto done = reload("two");
  EXPECT_THAT(done.error, IsEmpty());
  EXPECT_THAT(done.said, HasSubstr("libtest_swap_leaves_thread.so stays loaded: thread '"));
  EXPECT_EQ(pass_on(1, 5), numbers(1, 5));
}

std::size_t lines_of(const char* file) {
  std::ifstream lines{file};
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) ++count;
  return count;
}
std::ptrdiff_t entries_of(const char* folder) {
  return std::distance(fs::directory_iterator{folder}, fs::directory_iterator{});
}
std::size_t resident_kb() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

/// What leaks does so every time; the heap takes a step now and then.
template <typename Work>
std::size_t least_growth_kb(Work&& work) {
  constexpr std::size_t kLittle = 512;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (int round = 0; round < 4 && least > kLittle; ++round) {
    const std::size_t before = resident_kb();
    work();
    least = std::min(least, std::max(resident_kb(), before) - before);
  }
  return least;
}

TEST_F(Reload, AThousandTimesLeaveNothingBehind) {
  run("one");
  const auto both = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_THAT(reload("two").error, IsEmpty());
      ASSERT_THAT(reload("one").error, IsEmpty());
    }
  };
  both(50);
  const auto maps = lines_of("/proc/self/maps");
  const auto files = entries_of("/proc/self/fd");
  const auto threads = entries_of("/proc/self/task");
  [[maybe_unused]] const std::size_t growth = least_growth_kb([&] { both(500); });
  EXPECT_EQ(entries_of("/proc/self/fd"), files);
  EXPECT_EQ(entries_of("/proc/self/task"), threads);
  EXPECT_LE(lines_of("/proc/self/maps"), maps + 2) << "a heap may be split";
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(growth, 512U);
#endif
  EXPECT_EQ(pass_on(1, 5), numbers(1, 5));
}

}  // namespace
}  // namespace tactus
