// SPDX-License-Identifier: Apache-2.0
// A process that publishes in a tight loop is killed 400 times by the protocol (stop, check, kill): no lock
// stays, no chunk leaks.
#include <gtest/gtest.h>
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
PublisherOptions out() {
  return {.node = "/loop", .topic = "/tight", .type = &type_info<PoseStamped>(), .max_bytes = 4096};
}

/// Chunks of all pools that somebody has.
int used_chunks(BrokerClient& broker) {
  int used = 0;
  const auto graph = nlohmann::json::parse(broker.graph());
  for (const auto& pool : graph["memory"]["pools"]) used += pool["used"].get<int>();
  return used;
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

pid_t start_publisher() {
  std::string self = "/proc/self/exe", mode = "--publish";
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

TEST(StopCheckKill, FourHundredTimesLeavesNoLockAndNoChunk) {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kSupervisor, "kill_test", ""});
  const auto transport = make_iceoryx_transport(*broker);
  const SubscriberOptions in{
      .node = "/reader", .topic = "/tight", .type = &type_info<PoseStamped>(), .depth = 1, .max_held = 1};
  const auto port = transport->create_subscriber(in);
  Subscriber<PoseStamped> subscriber{*port};
  for (int i = 0; i < kKills; ++i) {
    const auto before = broker->doorbells().heartbeat.load();
    const pid_t pid = start_publisher();
    ASSERT_TRUE(eventually([&] { return static_cast<bool>(subscriber.take()); }))
        << "nothing arrived before kill " << i;
    broker->kill_process(pid);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ASSERT_TRUE(eventually([&] { return broker->doorbells().heartbeat.load() > before; }))
        << "wedged after kill " << i;
    while (subscriber.take()) {
    }
  }
  EXPECT_TRUE(eventually([&] { return used_chunks(*broker) == 0; })) << used_chunks(*broker) << " leaked";
}

}  // namespace
}  // namespace tactus::testing

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--publish") == 0) tactus::testing::publish_for_ever();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
