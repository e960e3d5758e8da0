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
// The largest pool has the fewest chunks, 8: one that leaked is missed at once. Only the first page of each
// is touched.
constexpr std::size_t kBytes = std::size_t{15} << 20;
constexpr std::uint32_t kChunks = 8;

PublisherOptions out(std::uint32_t loans) {
  return {.node = "/loop",
          .topic = "/tight",
          .type = &type_info<PoseStamped>(),
          .max_loans = loans,
          .max_bytes = kBytes};
}

[[noreturn]] void publish_for_ever() {
  const auto broker = BrokerClient::ensure({BrokerClient::Kind::kHost, "tight_loop", ""});
  const auto transport = make_iceoryx_transport(*broker);
  const auto port = transport->create_publisher(out(2));
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
  const auto publisher = transport->create_publisher(out(kChunks));
  std::vector<Chunk> loans;
  EXPECT_TRUE(eventually([&] {
    if (const Chunk chunk = publisher->loan(); chunk.bytes != nullptr) loans.push_back(chunk);
    while (subscriber.take()) {
    }
    return loans.size() == kChunks;
  })) << loans.size()
      << " of " << kChunks << " chunks are left";
  for (const Chunk& chunk : loans) publisher->release(chunk);
}

}  // namespace
}  // namespace tactus::testing

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--publish") == 0) tactus::testing::publish_for_ever();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
