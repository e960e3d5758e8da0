// SPDX-License-Identifier: Apache-2.0
// The shared-memory transport with a real broker, in a namespace of its own.
#include "tactus/middleware/iceoryx_transport.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <geometry_msgs/msg/pose_stamped.hpp>
#include <nlohmann/json.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <thread>

#include "../transport_conformance.hpp"
#include "tactus/middleware/publisher.hpp"

namespace tactus::testing {
namespace {

using geometry_msgs::msg::PoseStamped;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// One runtime per process: all tests of this program share it.
struct Runtime {
  std::unique_ptr<BrokerClient> broker =
      BrokerClient::ensure({BrokerClient::Kind::kProgram, "iceoryx_test", ""});
  std::shared_ptr<Transport> transport = make_iceoryx_transport(*broker);
};
Runtime& runtime() {
  static auto* shared = new Runtime;  // iceoryx's own statics end in an order that is not ours
  return *shared;
}

/// Publishers and subscribers of two transports: to them the others are another process.
class Apart final : public Transport {
 public:
  explicit Apart(BrokerClient& broker)
      : left_{make_iceoryx_transport(broker)}, right_{make_iceoryx_transport(broker)} {}
  std::unique_ptr<UntypedPublisher> create_publisher(const PublisherOptions& options) override {
    return left_->create_publisher(options);
  }
  std::unique_ptr<UntypedSubscriber> create_subscriber(const SubscriberOptions& options) override {
    return right_->create_subscriber(options);
  }

 private:
  std::unique_ptr<Transport> left_, right_;
};

std::vector<TransportCase> cases() {
  return {
      {"slots", [] { return runtime().transport; }},
      {"slots_to_another_process", [] { return std::make_shared<Apart>(*runtime().broker); }},
      {"plain", [] { return std::shared_ptr{make_iceoryx_transport(*runtime().broker, Delivery::kPlain)}; }}};
}

INSTANTIATE_TEST_SUITE_P(Iceoryx, TransportConformance, ::testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(Iceoryx, TransportAllocations, ::testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

PublisherOptions out(const std::string& topic) {
  return {.node = "/writer", .topic = topic, .type = &type_info<PoseStamped>(), .max_bytes = 300};
}
SubscriberOptions in(const std::string& topic) {
  return {.node = "/reader", .topic = topic, .type = &type_info<PoseStamped>()};
}

template <typename Done>
bool eventually(Done done, std::chrono::milliseconds limit = 5000ms) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

TEST(IceoryxLimits, TheLastPublisherIsATypedErrorAndOthersGoOn) {
  auto& transport = *runtime().transport;
  std::vector<std::unique_ptr<UntypedPublisher>> publishers;
  std::string text;
  try {
    for (int i = 0; i < 600; ++i)
      publishers.push_back(transport.create_publisher(out("/p" + std::to_string(i))));
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kTooManyPublishers);
    text = error.what();
  }
  EXPECT_THAT(text, HasSubstr("500 publishers exist on this host"));
  EXPECT_EQ(publishers.size(), 500U);
  EXPECT_NE(publishers.back()->loan(), nullptr);
  publishers.clear();
  EXPECT_NO_THROW((void)transport.create_publisher(out("/again")));
}

TEST(IceoryxLimits, TheTooManiethSubscriberOfATopicIsATypedError) {
  auto& transport = *runtime().transport;
  std::vector<std::unique_ptr<UntypedSubscriber>> subscribers;
  try {
    for (int i = 0; i < 300; ++i) subscribers.push_back(transport.create_subscriber(in("/crowded")));
    FAIL() << "300 subscribers on one topic";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kTooManySubscribersOnTopic);
  }
  EXPECT_EQ(subscribers.size(), 256U);
}

TEST(IceoryxLimits, AMessageLargerThanTheLargestChunkIsATypedError) {
  auto options = out("/huge");
  options.max_bytes = std::size_t{64} << 20;
  try {
    (void)runtime().transport->create_publisher(options);
    FAIL() << "64 MB fitted";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kMessageTooLarge);
    EXPECT_THAT(error.what(), HasSubstr("/huge"));
  }
}

TEST(Memory, ATapThatDoesNotFitIsRefusedWithTheNumbersAndThePublisherGoesOn) {
  auto& transport = *runtime().transport;
  auto big = out("/big");
  big.max_bytes = std::size_t{8} << 20;
  const auto publisher = transport.create_publisher(big);
  auto tap = in("/big");
  tap.depth = 200;
  try {
    (void)transport.create_subscriber(tap);
    FAIL() << "200 chunks of 8 MB fitted";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kNoMemory);
    EXPECT_THAT(error.what(), HasSubstr("/reader: topic '/big': 204 more chunks of 8 MB"));
  }
  Chunk* chunk = publisher->loan();
  ASSERT_NE(chunk, nullptr);
  publisher->release(*chunk);
}

TEST(Memory, TheGraphTellsWhatIsUsedReservedAndTouched) {
  auto options = out("/remembered");
  options.max_bytes = std::size_t{100} << 10;
  options.max_loans = 2;
  const auto pool = [] { return nlohmann::json::parse(runtime().broker->graph())["memory"]["pools"].at(9); };
  const auto before = pool();
  EXPECT_EQ(before["block_bytes"], (128 << 10) + 1024 + 24 - 136);
  const auto publisher = runtime().transport->create_publisher(options);
  Chunk* chunk = publisher->loan();
  const auto during = pool();
  publisher->release(*chunk);
  EXPECT_EQ(during["reserved"].get<int>(), before["reserved"].get<int>() + 3);
  EXPECT_EQ(during["used"].get<int>(), before["used"].get<int>() + 1);
  EXPECT_LT(during["least_free"], during["chunks"]);
  const auto memory = nlohmann::json::parse(runtime().broker->graph())["memory"];
  EXPECT_GT(memory["touched_bytes"], 0);
  EXPECT_LT(memory["touched_bytes"].get<std::uint64_t>(), memory["payload_bytes"].get<std::uint64_t>() / 4);
}

TEST(Broker, RefusesANodeNameThatIsTakenNamingTheHolder) {
  auto& broker = *runtime().broker;
  broker.add_node("/tracker");
  const auto second = BrokerClient::connect({BrokerClient::Kind::kProgram, "second", ""});
  try {
    second->add_node("/tracker");
    FAIL() << "two nodes of one name";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.code(), TransportErrorCode::kNodeNameTaken);
    EXPECT_THAT(error.what(), HasSubstr(std::to_string(getpid())));
  }
  const auto other_group = BrokerClient::connect({BrokerClient::Kind::kProgram, "third", "other"});
  EXPECT_NO_THROW(other_group->add_node("/tracker"));
}

TEST(Broker, NamesEveryPairThatDoesNotConnectAndWhy) {
  auto& transport = *runtime().transport;
  const auto publisher = transport.create_publisher(out("/mixed"));
  auto options = in("/mixed");
  options.type = &type_info<sensor_msgs::msg::Imu>();
  const auto wrong = transport.create_subscriber(options);
  const auto right = transport.create_subscriber(in("/mixed"));
  const auto graph = nlohmann::json::parse(runtime().broker->graph());
  ASSERT_EQ(graph["mismatches"].size(), 1U);
  EXPECT_EQ(graph["mismatches"][0]["reason"],
            "type differs: geometry_msgs/msg/PoseStamped is published, sensor_msgs/msg/Imu expected");
  ASSERT_EQ(graph["edges"].size(), 1U);
  EXPECT_EQ(graph["edges"][0]["path"], "same process");
}

TEST(Broker, HeartbeatAdvances) {
  auto& beat = runtime().broker->doorbells().heartbeat;
  const auto before = beat.load();
  EXPECT_TRUE(eventually([&] { return beat.load() > before + 1; }));
}

TEST(Broker, ASecondOneIsRefusedNamingTheFirst) {
  (void)runtime();
  const std::string broker =
      (std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bin/tactus-broker")
          .string();
  FILE* pipe = popen((broker + " 2>&1").c_str(), "r");
  char text[256] = {};
  ASSERT_NE(std::fgets(text, sizeof text, pipe), nullptr);
  EXPECT_NE(pclose(pipe), 0);
  EXPECT_THAT(text, HasSubstr("a broker already runs on this host, process"));
}

TEST(Doorbell, OfATopicIsRungByEachMessage) {
  auto& broker = *runtime().broker;
  auto options = in("/bell");
  options.doorbell = broker.allocate_doorbell();
  const auto subscriber = runtime().transport->create_subscriber(options);
  const auto publisher = runtime().transport->create_publisher(out("/bell"));
  auto& bell = broker.doorbells().doorbells[options.doorbell];
  bell.answer();
  std::jthread sender{[&] {
    Publisher<PoseStamped> typed{*publisher};
    auto loan = typed.loan();
    typed.publish(std::move(loan));
  }};
  EXPECT_TRUE(eventually([&] { return bell.wait_until(monotonic_ns() + 50'000'000) || bell.rung(); }));
  EXPECT_TRUE(subscriber->has_data());
}

/// Runs `body` in another process of this program; returns its pid once it has written a byte.
template <typename Body>
pid_t in_child(Body body) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  const pid_t pid = fork();
  if (pid == 0) {
    body(ready[1]);
    _exit(0);
  }
  char byte;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  return pid;
}

TEST(Fork, AChildOfAProcessWithTopicsGetsATypedErrorAndDoesNotHarmItsParent) {
  auto& transport = *runtime().transport;
  const auto publisher = transport.create_publisher(out("/forked"));
  const auto subscriber = transport.create_subscriber(in("/forked"));
  const pid_t child = in_child([&](int ready) {
    bool refused = false;
    try {
      (void)transport.create_publisher(out("/child"));
    } catch (const TransportError& error) {
      refused = error.code() == TransportErrorCode::kForked;
    }
    const bool empty = publisher->loan() == nullptr;
    static_cast<void>(write(ready, "x", 1));
    _exit(refused && empty ? 0 : 1);
  });
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  Publisher<PoseStamped> typed{*publisher};
  auto loan = typed.loan();
  ASSERT_TRUE(loan);
  typed.publish(std::move(loan));
  EXPECT_TRUE(subscriber->has_data());
}

}  // namespace
}  // namespace tactus::testing
