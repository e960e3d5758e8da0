// SPDX-License-Identifier: Apache-2.0
// Launches of real processes over the real broker. Runs in namespaces of its own, see CMakeLists.txt.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "tactus/middleware/broker_client.hpp"
#include "tactus/middleware/group_clock.hpp"
#include "tactus/scheduler/describe.hpp"
#include "tactus/scheduler/supervisor.hpp"

namespace tactus {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string library(const std::string& node) {
  return std::string{TACTUS_TEST_NODES} + "/libtest_" + node + ".so";
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = 10s) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return holds();
}

HostNode ticker(const std::string& name, const std::string& topic, std::int64_t fail_at = 0) {
  HostNode node;
  node.settings = {"/" + name, {{"number", topic}}, {{"fail_at", fail_at}}, {}};
  node.library = library("ticker");
  node.executor = "main";
  node.trigger = {TriggerKind::kEvery, 1'000'000, 0, {}, 0};
  return node;
}

HostNode relay(const std::string& name, const std::string& in, const std::string& out) {
  HostNode node;
  node.settings = {"/" + name, {{"in", in}, {"out", out}}, {}, {}};
  node.library = library("relay");
  node.executor = "main";
  node.trigger = {TriggerKind::kOn, 0, 0, {in}, 0};
  return node;
}

HostNode looper(const std::string& name, const std::string& topic, bool hang = false) {
  HostNode node;
  node.settings = {"/" + name, {{"number", topic}}, {{"hang", hang}}, {}};
  node.library = library("looper");
  return node;
}

HostSettings process(const std::string& name, std::vector<HostNode> nodes, const std::string& group = "") {
  HostSettings settings;
  settings.process = name;
  settings.group = group;
  settings.executors.push_back({"main", {}, 0});
  settings.nodes = std::move(nodes);
  return settings;
}

std::uint64_t messages(Supervisor& supervisor, const std::string& topic) {
  const auto topics = supervisor.status().topics;
  const auto found = std::ranges::find(topics, topic, &TopicStatus::name);
  return found == topics.end() ? 0 : found->messages;
}

std::string state(Supervisor& supervisor, const std::string& node) {
  const auto nodes = supervisor.status().nodes;
  const auto found = std::ranges::find(nodes, node, &NodeStatus::name);
  return found == nodes.end() ? "" : found->state;
}

std::optional<MetricSummary> find_metric(const LaunchStatus& status, const std::string& node,
                                         const std::string& metric) {
  const auto found = std::ranges::find(status.nodes, node, &NodeStatus::name);
  if (found == status.nodes.end()) return std::nullopt;
  const auto named = std::ranges::find(found->metrics, metric, &MetricSummary::name);
  return named == found->metrics.end() ? std::nullopt : std::optional{*named};
}

bool goes_on(Supervisor& supervisor, const std::string& topic) {
  const std::uint64_t before = messages(supervisor, topic);
  return eventually([&] { return messages(supervisor, topic) > before + 10; });
}

/// Zombies do not count.
bool runs(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string number, name, status;
  return (file >> number >> name >> status) && status != "Z";
}

int pid_of(Supervisor& supervisor, const std::string& name) {
  const auto processes = supervisor.status().processes;
  return std::ranges::find(processes, name, &ProcessStatus::name)->pid;
}

std::vector<pid_t> programs(const std::string& name) {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    std::ifstream file{entry.path() / "comm"};
    std::string comm;
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && std::getline(file, comm) && comm == name && runs(pid)) pids.push_back(pid);
  }
  return pids;
}

/// A supervisor in a process of its own, as rtctl is: stops at SIGINT, exits with 0 when all stopped cleanly.
class OtherProcess {
 public:
  explicit OtherProcess(const std::vector<HostSettings>& launch) {
    int up[2];
    if (pipe(up) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) supervise(launch, up[1]);
    ::close(up[1]);
    char letter = 0;
    is_up_ = ::read(up[0], &letter, 1) == 1;
    ::close(up[0]);
  }
  [[nodiscard]] bool is_up() const { return is_up_; }
  void signal_group(int number) const { kill(-pid_, number); }
  void signal_process(int number) const { kill(pid_, number); }
  int wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return status;
  }

 private:
  [[noreturn]] static void supervise(const std::vector<HostSettings>& launch, int up) {
    setpgid(0, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    const int interrupt = signalfd(-1, &set, SFD_CLOEXEC);
    Supervisor supervisor;
    try {
      supervisor.start(launch);
    } catch (const SupervisorError& error) {
      std::fputs(error.what(), stderr);
      _exit(2);
    }
    if (::write(up, "1", 1) != 1) _exit(3);
    supervisor.poll(60s, interrupt);
    _exit(supervisor.stop().empty() ? 0 : 1);
  }
  pid_t pid_ = -1;
  bool is_up_ = false;
};

TEST(Launch, TwoProcessesTalk) {
  Supervisor supervisor;
  supervisor.start(
      {process("first", {ticker("ticker", "/talk")}), process("second", {relay("relay", "/talk", "/told")})});
  EXPECT_TRUE(goes_on(supervisor, "/told"));
  const LaunchStatus status = supervisor.status();
  EXPECT_THAT(status.processes, SizeIs(2));
  EXPECT_THAT(status.nodes, SizeIs(2));
  EXPECT_TRUE(supervisor.healthy());
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

/// A host that takes half a second to touch its memory.
constexpr const char* kSlowHost = R"(#!/usr/bin/python3
import json, os, time
control = os.fdopen(3, 'r+b', buffering=0)
def tell(what):
    control.write((json.dumps({'what': what, 'text': ''}) + '\n').encode())
def expect(word):
    assert control.readline().decode().strip() == word
control.readline()  # its settings
tell('constructed')
expect('prefault')
time.sleep(0.5)
open(os.environ['SLOW_HOST_TIME'], 'w').write(str(time.monotonic_ns()))
tell('prefaulted')
expect('go')
tell('ready')
control.readline()
)";

TEST(Launch, NobodyStartsBeforeTheMemoryOfAllIsTouched) {
  const auto folder = std::filesystem::temp_directory_path() / "slow_host";
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "host.py"} << kSlowHost;
  std::filesystem::permissions(folder / "host.py", std::filesystem::perms::owner_all);
  setenv("SLOW_HOST_TIME", (folder / "time").c_str(), 1);
  HostSettings slow = process("slow", {});
  slow.program = folder / "host.py";
  Supervisor supervisor;
  supervisor.start({process("quick", {ticker("ticker", "/tick")}), slow});
  std::int64_t prefaulted_ns = 0;
  std::ifstream{folder / "time"} >> prefaulted_ns;
  const auto ticks = static_cast<std::int64_t>(messages(supervisor, "/tick"));
  EXPECT_LE(ticks, (monotonic_ns() - prefaulted_ns) / 1'000'000 + 1);
  EXPECT_TRUE(goes_on(supervisor, "/tick"));
}

TEST(Launch, ShowsWhatANodeMeasuresAndHowOldItsMessagesAre) {
  Supervisor supervisor;
  supervisor.start(
      {process("first", {ticker("ticker", "/talk")}), process("second", {relay("relay", "/talk", "/told")})});
  ASSERT_TRUE(goes_on(supervisor, "/told"));
  const LaunchStatus status = supervisor.status();
  const auto node = std::ranges::find(status.nodes, "/relay", &NodeStatus::name);
  ASSERT_NE(node, status.nodes.end());
  ASSERT_THAT(node->metrics, SizeIs(1));
  EXPECT_EQ(node->metrics[0].name, "number");
  EXPECT_EQ(node->metrics[0].min, 1);
  EXPECT_GT(node->metrics[0].p50, 1);
  const auto topic = std::ranges::find(status.topics, "/talk", &TopicStatus::name);
  ASSERT_NE(topic, status.topics.end());
  EXPECT_GT(topic->age_mean, 0ns);
  EXPECT_GE(topic->age_max, topic->age_mean);
}

TEST(Launch, AChainIsMeasuredAcrossProcesses) {
  HostSettings first = process("first", {ticker("ticker", "/a")});
  HostSettings second = process("second", {relay("middle", "/a", "/b"), relay("last", "/b", "/c")});
  first.chains = second.chains = {{"motion", 7, "/a", "/c"}};
  Supervisor supervisor;
  supervisor.start({first, second});
  ASSERT_TRUE(goes_on(supervisor, "/c"));
  const LaunchStatus status = supervisor.status();
  const auto node = std::ranges::find(status.nodes, "/last", &NodeStatus::name);
  const auto motion = std::ranges::find(node->metrics, "motion", &MetricSummary::name);
  ASSERT_NE(motion, node->metrics.end());
  EXPECT_GT(motion->count, 10u);
  EXPECT_EQ(motion->rejected, 0u);
  EXPECT_GT(motion->min, 0);
}

/// When a message of the topic was last published, on the group's clock; the earliest time while there is
/// none.
Time last_message(BrokerClient& broker, const std::string& topic) {
  const auto graph = nlohmann::json::parse(broker.graph());
  for (const auto& entry : graph.at("topics")) {
    if (entry.at("name") == topic && !entry.at("publishers").empty())
      return from_ns(entry["publishers"][0].at("counters").at("last_ns").get<std::int64_t>());
  }
  return Time{};
}

TEST(Launch, AllProcessesOfAGroupLiveOnOneClockAtTheRateOfTheLaunch) {
  HostSettings slow = process("main", {ticker("ticker", "/slow")}, "slow");
  slow.clock_rate = 0.5;
  Supervisor supervisor;
  supervisor.start({slow});
  const auto broker = BrokerClient::connect({BrokerClient::Kind::kReader, "test", "slow"});
  EXPECT_EQ(group_clock().rate, 0.5);
  const Time before = group_now();
  Time published{};
  ASSERT_TRUE(eventually([&] { return (published = last_message(*broker, "/slow")) > before; }));
  EXPECT_LE(published, group_now());  // a process on UTC would be far ahead by now
  ASSERT_TRUE(goes_on(supervisor, "/slow"));
  published = last_message(*broker, "/slow");  // first: arguments are evaluated in any order
  EXPECT_LE(published, group_now());
}

TEST(Launch, AnotherClockRateIsRefusedWhileTheGroupRuns) {
  HostSettings slow = process("main", {ticker("ticker", "/a")});
  slow.clock_rate = 0.5;
  HostSettings fast = process("main", {ticker("other", "/b")});
  fast.clock_rate = 2;
  Supervisor first;
  first.start({slow});
  {
    Supervisor second;
    try {
      second.start({fast});
      FAIL() << "one group ran at two rates";
    } catch (const SupervisorError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("runs at rate 0.5"), HasSubstr(std::to_string(getpid()))));
    }
  }
  fast.clock_rate = 0;
  Supervisor joins;
  joins.start({fast});
  EXPECT_TRUE(goes_on(joins, "/b"));
}

TEST(Launch, AnExecutorHasNoPageFaultInItsCycles) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's shadow memory has page faults of its own";
#endif
  HostNode counter = relay("counter", "/a", "/b");
  counter.library = library("fault_counter");
  counter.settings.parameters["warm_up"] = std::int64_t{1};  // the first tells what came before it
  HostSettings realtime = process("realtime", {counter, relay("relay", "/b", "/c")});
  realtime.executors[0].thread = {ThreadPolicy::kFifo, 10, {}};
  Supervisor supervisor;
  supervisor.start({realtime, process("main", {ticker("ticker", "/a")})});
  const auto faults = [&] { return find_metric(supervisor.status(), "/counter", "page_faults"); };
  ASSERT_TRUE(eventually([&] { return faults() && faults()->count > 1000; }));
  EXPECT_EQ(faults()->max, 0) << "mean " << faults()->mean << " per call";
}

TEST(Launch, NothingPublishedAtTheStartIsLostBetweenProcesses) {
  Supervisor supervisor;
  supervisor.start(
      {process("first", {ticker("ticker", "/all")}), process("second", {relay("relay", "/all", "/same")})});
  ASSERT_TRUE(goes_on(supervisor, "/same"));
  const auto topics = supervisor.status().topics;
  for (const TopicStatus& topic : topics) EXPECT_EQ(topic.dropped, 0u) << topic.name;
  const std::uint64_t sent = messages(supervisor, "/all");
  EXPECT_TRUE(eventually([&] { return messages(supervisor, "/same") >= sent; }));
}

TEST(Launch, AKilledProcessThatIsNotStartedAgainEndsNothingElse) {
  Supervisor other;
  other.start({process("other", {looper("other", "/other")})});
  Supervisor supervisor;
  HostSettings second = process("second", {looper("victim", "/y")});
  second.supervision.restart.when = RestartWhen::kNever;
  supervisor.start({process("first", {ticker("ticker", "/x")}), second});
  ASSERT_TRUE(goes_on(supervisor, "/y"));  // it is in run()
  const int victim = pid_of(supervisor, "second");
  kill(victim, SIGKILL);
  std::vector<std::string> events;
  EXPECT_TRUE(eventually([&] { return !(events = supervisor.poll(100ms)).empty(); }));
  EXPECT_THAT(events, ElementsAre(AllOf(HasSubstr("'second'"), HasSubstr("SIGKILL"),
                                        HasSubstr("/victim was in run()"))));
  EXPECT_TRUE(supervisor.healthy());
  EXPECT_EQ(state(supervisor, "/victim"), "dead");
  EXPECT_TRUE(goes_on(supervisor, "/x"));
  EXPECT_THAT(supervisor.stop(), IsEmpty());
  EXPECT_TRUE(goes_on(other, "/other"));
  EXPECT_TRUE(other.healthy());
}

/// Chunks of all pools that somebody has.
int used_chunks() {
  const auto broker = BrokerClient::connect({BrokerClient::Kind::kReader, "test", ""});
  const auto graph = nlohmann::json::parse(broker->graph());
  int used = 0;
  for (const auto& pool : graph.at("memory").at("pools")) used += pool.at("used").get<int>();
  return used;
}

TEST(Launch, WhoDiesWithItsHandsFullLeavesNoChunkBehind) {
  HostNode hoarder = relay("hoarder", "/ticks", "/hoarded");
  hoarder.library = library("hoarder");
  Supervisor supervisor;
  supervisor.start({process("main", {ticker("ticker", "/ticks"), relay("relay", "/ticks", "/relayed")}),
                    process("hands", {hoarder})});
  const auto full = [&] {
    supervisor.poll(10ms);
    const auto held = find_metric(supervisor.status(), "/hoarder", "held");
    return held && held->max == 200;
  };
  ASSERT_TRUE(eventually(full, 20s)) << "200 samples in its hands, and 8 loans";
  const int before = used_chunks();
  ASSERT_GT(before, 200);
  for (int kills = 1; kills <= 3; ++kills) {
    const int victim = pid_of(supervisor, "hands");
    kill(victim, SIGKILL);
    ASSERT_TRUE(eventually([&] { return full() && pid_of(supervisor, "hands") != victim; }, 20s));
    EXPECT_LE(used_chunks(), before + 8) << "what was in its hands came back, and is in them again";
  }
  const auto status = supervisor.status();
  const auto ticks = std::ranges::find(status.topics, "/ticks", &TopicStatus::name);
  EXPECT_EQ(std::ranges::find(status.topics, "/relayed", &TopicStatus::name)->dropped, 0U);
  EXPECT_GT(ticks->messages, 0U);
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

TEST(Launch, AKilledSupervisorTakesItsProcessesWithItAndNoOthers) {
  Supervisor other;
  other.start({process("other", {looper("other", "/other")})});
  const auto before = programs("tactus-host");
  OtherProcess supervisor{
      {process("first", {ticker("ticker", "/x")}), process("second", {relay("relay", "/x", "/y")})}};
  ASSERT_TRUE(supervisor.is_up());
  ASSERT_EQ(programs("tactus-host").size(), before.size() + 2);
  supervisor.signal_process(SIGKILL);
  supervisor.wait();
  EXPECT_TRUE(eventually([&] { return programs("tactus-host") == before; }));
  EXPECT_TRUE(goes_on(other, "/other"));
}

TEST(Launch, CtrlCReachesTheSupervisorAloneAndStopsInOrder) {
  OtherProcess supervisor{
      {process("first", {ticker("ticker", "/x")}), process("second", {looper("looper", "/y")})}};
  ASSERT_TRUE(supervisor.is_up());
  supervisor.signal_group(SIGINT);
  const int status = supervisor.wait();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(programs("tactus-host"), IsEmpty());
}

TEST(Launch, TwoLaunchesOfOneGroupMeetByName) {
  Supervisor first, second;
  first.start({process("first", {ticker("ticker", "/shared")})});
  second.start({process("second", {relay("relay", "/shared", "/out")})});
  EXPECT_TRUE(goes_on(second, "/out"));
}

TEST(Launch, TwoGroupsAreApartEvenWithEqualNames) {
  Supervisor first, second;
  first.start({process("main", {ticker("ticker", "/n")}, "left")});
  second.start({process("main", {ticker("ticker", "/m"), relay("relay", "/n", "/out")}, "right")});
  EXPECT_TRUE(goes_on(first, "/n"));
  EXPECT_TRUE(goes_on(second, "/m"));
  EXPECT_EQ(messages(second, "/out"), 0u);
}

TEST(Launch, ANodeNameThatIsTakenIsRefusedAndTheFirstGoesOn) {
  Supervisor first, second;
  first.start({process("main", {ticker("ticker", "/n")})});
  const std::string holder = std::to_string(pid_of(first, "main"));
  try {
    second.start({process("main", {ticker("ticker", "/m")})});
    FAIL() << "the name was given twice";
  } catch (const SupervisorError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("/ticker"), HasSubstr(holder)));
  }
  EXPECT_TRUE(goes_on(first, "/n"));
}

TEST(Launch, ANodeThatThrowsIsFaultedAlone) {
  Supervisor supervisor;
  HostNode thrower = ticker("thrower", "/x", 5);
  thrower.restart.when = RestartWhen::kNever;
  supervisor.start({process("main", {thrower, ticker("neighbour", "/y")})});
  std::vector<std::string> events;
  EXPECT_TRUE(eventually([&] { return !(events = supervisor.poll(100ms)).empty(); }));
  EXPECT_THAT(events, ElementsAre(HasSubstr("/thrower faulted")));
  EXPECT_EQ(state(supervisor, "/thrower"), "faulted");
  EXPECT_TRUE(goes_on(supervisor, "/y"));
  EXPECT_TRUE(supervisor.healthy());
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

/// Two executors, "bad" and "good", each with one ticker of 1 ms; `change` makes a bad one of the first.
std::vector<HostSettings> beside_a_bad_one(const std::function<void(HostNode&)>& change) {
  HostSettings settings = process("main", {ticker("bad", "/bad"), ticker("good", "/good")});
  settings.executors = {{"bad", {}, 0}, {"good", {}, 0}};
  settings.nodes[0].executor = "bad";
  settings.nodes[1].executor = "good";
  change(settings.nodes[0]);
  return {settings};
}

NodeStatus node_status(Supervisor& supervisor, const std::string& name) {
  const auto nodes = supervisor.status().nodes;
  const auto found = std::ranges::find(nodes, name, &NodeStatus::name);
  return found == nodes.end() ? NodeStatus{} : *found;
}

TEST(Launch, ACallThatNeverReturnsHoldsUpItsExecutorAloneAndIsNamed) {
  Supervisor supervisor;
  supervisor.start(
      beside_a_bad_one([](HostNode& bad) { bad.settings.parameters["hang_at"] = std::int64_t{5}; }));
  EXPECT_TRUE(goes_on(supervisor, "/good"));
  EXPECT_EQ(node_status(supervisor, "/bad").runs, 4U);
  EXPECT_TRUE(goes_on(supervisor, "/good"));
  EXPECT_THAT(supervisor.stop(),
              ElementsAre(AllOf(HasSubstr("'main'"), HasSubstr("/bad was in step() (cycle 4)"))));
}

TEST(Launch, APeriodShorterThanItsWorkIsCountedTickByTick) {
  Supervisor supervisor;
  supervisor.start(beside_a_bad_one([](HostNode& bad) {
    bad.settings.parameters["work_ms"] = std::int64_t{5};
    bad.deadline_ns = 2'000'000;
  }));
  ASSERT_TRUE(eventually([&] { return node_status(supervisor, "/bad").runs > 20; }));
  const NodeStatus bad = node_status(supervisor, "/bad");
  EXPECT_GE(bad.skipped, 3 * bad.runs) << "5 ms of work, 1 ms of period: 4 of 5 ticks are skipped";
  EXPECT_GE(bad.deadline_misses + 1, bad.runs);
  const NodeStatus good = node_status(supervisor, "/good");
  EXPECT_GT(good.runs, 2 * bad.runs) << "its neighbour on another executor is called as before";
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

TEST(Launch, AStopOfTenSecondsIsCountedAndNotMadeUpFor) {
  Supervisor supervisor;
  supervisor.start(
      {process("stopped", {ticker("stopped", "/x")}), process("other", {ticker("other", "/y")})});
  ASSERT_TRUE(goes_on(supervisor, "/x"));
  const int pid = pid_of(supervisor, "stopped");
  kill(pid, SIGSTOP);
  const NodeStatus before = node_status(supervisor, "/stopped");
  std::this_thread::sleep_for(10s);
  EXPECT_TRUE(goes_on(supervisor, "/y"));
  kill(pid, SIGCONT);
  ASSERT_TRUE(
      eventually([&] { return node_status(supervisor, "/stopped").skipped >= before.skipped + 9'990; }));
  const NodeStatus after = node_status(supervisor, "/stopped");
  EXPECT_LT(after.runs, before.runs + 5'000) << "a burst";
  EXPECT_TRUE(goes_on(supervisor, "/x"));
  EXPECT_TRUE(supervisor.healthy());
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

TEST(Launch, TwoExecutorsOnOneCpuWithOnePriorityBothRun) {
  auto settings = beside_a_bad_one([](HostNode&) {});
  for (auto& executor : settings[0].executors) executor.thread = {ThreadPolicy::kFifo, 50, {0}};
  Supervisor supervisor;
  supervisor.start(settings);
  EXPECT_TRUE(goes_on(supervisor, "/bad"));
  EXPECT_TRUE(goes_on(supervisor, "/good"));
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

TEST(Launch, AMissedTickEndsTheNodeThatWantsThat) {
  Supervisor supervisor;
  supervisor.start(beside_a_bad_one([](HostNode& bad) {
    bad.settings.parameters["work_ms"] = std::int64_t{5};
    bad.trigger.on_overrun = OnOverrun::kFault;
  }));
  ASSERT_TRUE(eventually([&] { return state(supervisor, "/bad") == "faulted"; }));
  EXPECT_GT(node_status(supervisor, "/bad").skipped, 0U);
  EXPECT_TRUE(goes_on(supervisor, "/good"));
  EXPECT_THAT(supervisor.stop(), IsEmpty());
}

TEST(Launch, ANodeThatDoesNotStopIsNamedAndKilled) {
  Supervisor supervisor;
  supervisor.start(
      {process("main", {looper("stubborn", "/x", true)}), process("good", {ticker("ticker", "/y")})});
  const int pid = pid_of(supervisor, "main");
  EXPECT_THAT(supervisor.stop(),
              ElementsAre(AllOf(HasSubstr("'main'"), HasSubstr("/stubborn was in run()"))));
  EXPECT_FALSE(runs(pid));
}

TEST(Launch, WhatTheMachineDeniesIsReportedOrRefusedAsAsked) {
  HostSettings settings = process("main", {ticker("ticker", "/x")});
  settings.executors.at(0).thread.cpus = {1023};
  {
    Supervisor preferred;
    preferred.start({settings});
    EXPECT_THAT(preferred.status().degradations,
                ElementsAre(AllOf(HasSubstr("executor 'main'"), HasSubstr("cpus [1023] were denied"))));
  }
  settings.realtime = RealtimeMode::kRequired;
  Supervisor required;
  EXPECT_THROW(required.start({settings}), SupervisorError);
}

TEST(Launch, ALibraryThatIsNoneStopsEverythingBeforeItStarts) {
  Supervisor supervisor;
  HostNode broken = ticker("broken", "/x");
  broken.library = "/proc/self/exe";
  try {
    supervisor.start({process("good", {ticker("ticker", "/y")}), process("main", {broken})});
    FAIL() << "it started";
  } catch (const SupervisorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/broken"));
  }
  EXPECT_THAT(programs("tactus-host"), IsEmpty());
}

TEST(Describe, TellsWhatANodeDeclaresAndWhyItCannot) {
  const auto results = describe_nodes(host_program(), {{library("relay"), {}}, {"/nowhere/libx.so", {}}});
  ASSERT_THAT(results, SizeIs(2));
  ASSERT_TRUE(results[0].description) << results[0].error;
  EXPECT_EQ(results[0].description->class_name, "Relay");
  EXPECT_THAT(results[0].description->ports, SizeIs(2));
  EXPECT_FALSE(results[1].description);
  EXPECT_THAT(results[1].error, HasSubstr("/nowhere/libx.so"));
}

/// All sentences of all looks until `holds`.
std::vector<std::string> poll_until(Supervisor& supervisor, const std::function<bool()>& holds) {
  std::vector<std::string> said;
  EXPECT_TRUE(eventually([&] {
    for (std::string& sentence : supervisor.poll(50ms)) said.push_back(std::move(sentence));
    return holds();
  }));
  return said;
}

pid_t broker_pid() {
  const auto pids = programs("tactus-broker");
  return pids.size() == 1 ? pids.front() : -1;
}

TEST(Generation, AKilledBrokerIsReplacedAndAllLaunchesServeAgain) {
  Supervisor first, second;
  first.start(
      {process("first", {ticker("ticker", "/talk")}), process("second", {relay("relay", "/talk", "/told")})});
  second.start({process("other", {looper("other", "/other")}, "apart")});
  ASSERT_TRUE(goes_on(first, "/told"));
  const pid_t killed = broker_pid();
  const int host = pid_of(first, "first");
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  const auto replaced = [killed] { return broker_pid() > 0 && broker_pid() != killed; };
  const auto said = poll_until(first, replaced);
  const auto said_to_other = poll_until(second, [&] { return messages(second, "/other") > 0; });
  EXPECT_TRUE(goes_on(first, "/told"));
  EXPECT_TRUE(goes_on(second, "/other"));
  EXPECT_THAT(said, Contains(AllOf(HasSubstr("the broker ended: it was killed or crashed"),
                                   HasSubstr("restarted in generation"))));
  EXPECT_THAT(said_to_other, Contains(HasSubstr("restarted in generation")));
  EXPECT_TRUE(first.healthy());
  EXPECT_TRUE(second.healthy());
  EXPECT_FALSE(runs(host)) << "a process of the old generation lives";
  EXPECT_THAT(first.stop(), IsEmpty());
  EXPECT_THAT(second.stop(), IsEmpty());
}

TEST(Generation, AStoppedBrokerEvictsNobody) {
  Supervisor supervisor;
  supervisor.start({process("main", {ticker("ticker", "/n"), relay("relay", "/n", "/m")})});
  ASSERT_TRUE(goes_on(supervisor, "/m"));
  const pid_t broker = broker_pid();
  kill(broker, SIGSTOP);
  std::this_thread::sleep_for(3s);
  kill(broker, SIGCONT);
  EXPECT_TRUE(goes_on(supervisor, "/m"));
  EXPECT_TRUE(supervisor.healthy());
  EXPECT_EQ(broker_pid(), broker);
  EXPECT_THAT(supervisor.poll(0ms), IsEmpty());
}

TEST(Generation, ABrokerThatDiesAgainAndAgainIsGivenUp) {
  Supervisor supervisor;
  supervisor.start({process("main", {ticker("ticker", "/n")})});
  const auto said = poll_until(supervisor, [&] {
    if (const pid_t pid = broker_pid(); pid > 0 && supervisor.healthy()) kill(pid, SIGKILL);
    return !supervisor.healthy();
  });
  EXPECT_THAT(said, Contains(HasSubstr("given up")));
  EXPECT_THAT(supervisor.stop(), ElementsAre(HasSubstr("given up")));
  EXPECT_THAT(programs("tactus-host"), IsEmpty());
}

TEST(Launch, LeavesNothingBehindAfterKills) {
  {
    Supervisor supervisor;
    supervisor.start(
        {process("first", {ticker("ticker", "/x")}), process("second", {relay("relay", "/x", "/y")})});
    ASSERT_TRUE(goes_on(supervisor, "/y"));
    kill(broker_pid(), SIGKILL);
    EXPECT_THAT(poll_until(supervisor, [&] { return messages(supervisor, "/y") > 0; }),
                Contains(HasSubstr("restarted in generation")));
    kill(pid_of(supervisor, "first"), SIGKILL);
    OtherProcess killed{{process("third", {looper("looper", "/z")})}};
    killed.signal_process(SIGKILL);
    killed.wait();
  }
  EXPECT_TRUE(
      eventually([] { return programs("tactus-host").empty() && programs("tactus-broker").empty(); }, 30s));
  EXPECT_TRUE(std::filesystem::is_empty("/dev/shm"));
  for (const auto& entry : std::filesystem::directory_iterator{"/tmp"}) {
    const std::string name = entry.path().filename();
    EXPECT_FALSE(name.ends_with(".sock") || name.ends_with(".lock") || name.starts_with("roudi") ||
                 name.starts_with("tactus."))
        << name;
  }
}

}  // namespace
}  // namespace tactus
