// SPDX-License-Identifier: Apache-2.0
// A process that publishes in a tight loop is killed: 400 times by the protocol (stop, check, kill), when no
// lock stays and no chunk leaks, and 100 times from outside at any instant, when both are repaired or
// counted.
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <geometry_msgs/msg/pose_stamped.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "tactus/middleware/iceoryx_transport.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"

extern char** environ;

namespace tactus::testing {
namespace {

using geometry_msgs::msg::PoseStamped;
using namespace std::chrono_literals;

constexpr int kKills = 400;
constexpr int kOutsideKills = 100;
constexpr int kInsideKills = 60;
// Who dies while he pushes may take a place of the queue with him: one of one would be the end of it.
constexpr std::uint32_t kDepth = 16;
PublisherOptions out() {
  return {.node = "/loop", .topic = "/tight", .type = &type_info<PoseStamped>(), .max_bytes = 4096};
}

/// Over all pools: "used" is what somebody has.
int chunks(BrokerClient& broker, const char* which) {
  int sum = 0;
  const auto graph = nlohmann::json::parse(broker.graph());
  for (const auto& pool : graph["memory"]["pools"]) sum += pool[which].get<int>();
  return sum;
}

[[noreturn]] void publish_for_ever() {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kHost, "tight_loop", ""});
  const auto transport = make_iceoryx_transport(*broker);
  const auto port = transport->create_publisher(out());
  Publisher<PoseStamped> publisher{*port};
  while (true) {
    if (auto loan = publisher.loan()) publisher.publish(std::move(loan));
  }
}

/// A publisher and a subscriber of one process; nobody else listens.
[[noreturn]] void talk_to_itself_for_ever() {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kHost, "talks_to_itself", ""});
  const auto transport = make_iceoryx_transport(*broker);
  auto options = out();
  options.topic = "/inside";
  const auto out_port = transport->create_publisher(options);
  const auto in_port = transport->create_subscriber(
      {.node = "/loop", .topic = "/inside", .type = &type_info<PoseStamped>(), .depth = 4, .max_held = 2});
  Publisher<PoseStamped> publisher{*out_port};
  Subscriber<PoseStamped> subscriber{*in_port};
  std::vector<Sample<PoseStamped>> held(2);
  // The first ones take chunks from the pool, and iceoryx's queue off the publisher's list.
  for (std::uint64_t i = 0;; ++i) {
    if (auto loan = publisher.loan()) publisher.publish(std::move(loan));
    if (i % 3 != 0) held[i % 2] = subscriber.take();
    if (i == 1000) broker->page().nodes[broker->add_node("/ready")].runs = 1;
  }
}

[[noreturn]] void read_for_ever() {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kHost, "reads", ""});
  const auto transport = make_iceoryx_transport(*broker);
  const auto port = transport->create_subscriber({.node = "/guest",
                                                  .topic = "/read",
                                                  .type = &type_info<PoseStamped>(),
                                                  .depth = kDepth,
                                                  .max_held = 1});
  Subscriber<PoseStamped> subscriber{*port};
  while (true) static_cast<void>(subscriber.take());
}

pid_t start(std::string mode) {
  std::string self = "/proc/self/exe";
  char* arguments[] = {self.data(), mode.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, self.c_str(), nullptr, nullptr, arguments, environ), 0);
  return pid;
}

template <typename Done>
bool eventually(Done done, std::chrono::milliseconds limit = 10s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(200us);
  }
  return true;
}

class Kill : public ::testing::Test {
 protected:
  using Killer = void (*)(BrokerClient&, pid_t);

  /// A new process publishes, a reader gets some of it, the process is killed, RouDi goes on; so often.
  void kill_publishers(int times, Killer killer) {
    const auto port = transport_->create_subscriber({.node = "/reader",
                                                     .topic = "/tight",
                                                     .type = &type_info<PoseStamped>(),
                                                     .depth = kDepth,
                                                     .max_held = 1});
    Subscriber<PoseStamped> subscriber{*port};
    for (int i = 0; i < times; ++i) {
      const pid_t pid = start("--publish");
      ASSERT_TRUE(eventually([&] { return static_cast<bool>(subscriber.take()); }))
          << "nothing arrived before kill " << i << ": " << broker_->why_it_ended()
          << "; before: " << ::testing::PrintToString(broker_->events());
      ASSERT_NO_FATAL_FAILURE(kill_and_go_on(pid, killer)) << "wedged after kill " << i;
      while (subscriber.take()) {
      }
    }
  }

  /// Kills it and waits until RouDi goes on.
  void kill_and_go_on(pid_t pid, Killer killer) {
    const auto before = broker_->doorbells().heartbeat.load();
    killer(*broker_, pid);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ASSERT_TRUE(eventually([&] { return broker_->doorbells().heartbeat.load() > before + 1; }))
        << broker_->why_it_ended();
  }

  /// The process of this pid has taken this many messages, or its node is there.
  bool has_started(pid_t pid) {
    const auto graph = nlohmann::json::parse(broker_->graph());
    for (const auto& process : graph["processes"]) {
      if (process["pid"] != pid) continue;
      const auto page = broker_->map_page(process["id"]);
      return page != nullptr && (page->nodes[0].runs != 0 || page->endpoints[0].messages > 100);
    }
    return false;
  }

  std::unique_ptr<BrokerClient> broker_ =
      BrokerClient::ensure({BrokerClient::Kind::kSupervisor, "kill_test", ""});
  std::unique_ptr<Transport> transport_ = make_iceoryx_transport(*broker_);
};

TEST_F(Kill, ByTheProtocolFourHundredTimesLeavesNoLockAndNoChunk) {
  const int before = chunks(*broker_, "used"), lost = chunks(*broker_, "lost");
  kill_publishers(kKills, [](BrokerClient& broker, pid_t pid) { broker.kill_process(pid); });
  EXPECT_TRUE(eventually([&] { return chunks(*broker_, "used") <= before; }))
      << chunks(*broker_, "used") - before << " leaked";
  EXPECT_EQ(chunks(*broker_, "lost"), lost);
}

// No lock and no chunk is in the hands of who publishes to itself: nothing has to be repaired.
TEST_F(Kill, FromOutsideOfAProcessThatTalksToItselfLeavesNothing) {
  const int before = chunks(*broker_, "used"), lost = chunks(*broker_, "lost");
  static_cast<void>(broker_->events());
  for (int i = 0; i < kInsideKills; ++i) {
    const pid_t pid = start("--inside");
    ASSERT_TRUE(eventually([&] { return has_started(pid); }));
    std::this_thread::sleep_for(std::chrono::microseconds{137 * i});
    ASSERT_NO_FATAL_FAILURE(kill_and_go_on(pid, [](BrokerClient&, pid_t process) { kill(process, SIGKILL); }))
        << i;
  }
  EXPECT_TRUE(eventually([&] { return chunks(*broker_, "used") <= before; }))
      << chunks(*broker_, "used") - before << " leaked";
  EXPECT_EQ(chunks(*broker_, "lost"), lost);
  EXPECT_THAT(broker_->events(), ::testing::IsEmpty());
}

TEST_F(Kill, OfReadersByTheProtocolTakesNothingFromAReaderInThePublishersProcess) {
  auto options = out();
  options.topic = "/read";
  const int before = chunks(*broker_, "used");
  {
    const auto in_port = transport_->create_subscriber(
        {.node = "/local", .topic = "/read", .type = &type_info<PoseStamped>(), .max_held = 1});
    Subscriber<PoseStamped> subscriber{*in_port};
    const auto out_port = transport_->create_publisher(options);
    std::jthread stream{[&](const std::stop_token& stop) {
      Publisher<PoseStamped> publisher{*out_port};
      for (std::uint64_t sequence = 1; !stop.stop_requested(); ++sequence) {
        auto loan = publisher.loan();
        ASSERT_TRUE(loan) << sequence;
        publisher.publish(std::move(loan));
        const auto sample = subscriber.take();
        ASSERT_TRUE(sample) << sequence;
        ASSERT_EQ(sample.header().sequence, sequence);
      }
    }};
    for (int i = 0; i < kInsideKills; ++i) {
      const pid_t pid = start("--read");
      ASSERT_TRUE(eventually([&] { return has_started(pid); }));
      ASSERT_NO_FATAL_FAILURE(kill_and_go_on(pid, [](BrokerClient& broker, pid_t process) {
        broker.kill_process(process);
      })) << i;
    }
    stream.request_stop();
    stream.join();
    EXPECT_EQ(in_port->counts().dropped, 0U);
  }
  EXPECT_TRUE(eventually([&] { return chunks(*broker_, "used") <= before; }))
      << chunks(*broker_, "used") - before << " leaked";
}

TEST_F(Kill, FromOutsideAHundredTimesIsRepairedAndCounted) {
  kill_publishers(kOutsideKills, [](BrokerClient&, pid_t pid) { kill(pid, SIGKILL); });
  const std::vector<std::string> events = broker_->events();
  const int lost = chunks(*broker_, "lost");
  EXPECT_GT(lost, 0) << "no kill hit a call: this test says nothing";
  EXPECT_TRUE(eventually([&] { return chunks(*broker_, "used") <= lost; }))
      << chunks(*broker_, "used") << " are used, " << lost << " were said to be lost";
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back(),
              ::testing::MatchesRegex("process [0-9]+ \\(tight_loop\\) was killed inside a call into "
                                      "shared memory: [0-9] of its locks were opened, 2 chunks of "
                                      "[0-9]+ kB of /tight may be lost .*"));
}

}  // namespace
}  // namespace tactus::testing

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--publish") == 0) tactus::testing::publish_for_ever();
  if (argc == 2 && std::strcmp(argv[1], "--inside") == 0) tactus::testing::talk_to_itself_for_ever();
  if (argc == 2 && std::strcmp(argv[1], "--read") == 0) tactus::testing::read_for_ever();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
