// SPDX-License-Identifier: Apache-2.0
// Readers come and go in the middle of a stream that another thread of the publisher's process reads.
#include <gtest/gtest.h>

#include <geometry_msgs/msg/pose_stamped.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "tactus/middleware/iceoryx_transport.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"

namespace tactus::testing {
namespace {

using geometry_msgs::msg::PoseStamped;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kTimes = 200;
#else
constexpr int kTimes = 2000;
#endif

PublisherOptions out(const std::string& topic, std::size_t max_bytes = 300) {
  return {.node = "/writer", .topic = topic, .type = &type_info<PoseStamped>(), .max_bytes = max_bytes};
}
SubscriberOptions in(const std::string& topic, const std::string& node, std::uint32_t depth = kDefaultDepth) {
  return {.node = node, .topic = topic, .type = &type_info<PoseStamped>(), .depth = depth};
}

/// Takes what is there; each message says its own number, and nobody writes into it while it is read.
class Reader {
 public:
  Reader(Transport& transport, const SubscriberOptions& options)
      : port_{transport.create_subscriber(options)}, subscriber_{*port_} {}

  bool read() {
    const auto sample = subscriber_.take();
    if (!sample) return false;
    const std::uint64_t sequence = sample.header().sequence;
    EXPECT_EQ(sample->pose.position.x, static_cast<double>(sequence));
    if (last_ != 0) {
      EXPECT_GT(sequence, last_) << "out of order, or twice";
      missed_ += sequence - last_ - 1;
    }
    last_ = sequence;
    EXPECT_EQ(sample.header().sequence, sequence) << "written while it was read";
    EXPECT_EQ(sample->pose.position.x, static_cast<double>(sequence)) << "written while it was read";
    return true;
  }
  /// What it missed is what it counted.
  void expect_every_loss_counted() const { EXPECT_EQ(port_->counts().dropped, missed_); }
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  std::unique_ptr<UntypedSubscriber> port_;
  Subscriber<PoseStamped> subscriber_;
  std::uint64_t last_ = 0, missed_ = 0;
};

class Stream : public ::testing::Test {
 protected:
  static BrokerClient& broker() {
    static auto* client = BrokerClient::ensure({BrokerClient::Kind::kProgram, "stream_test", ""}).release();
    return *client;
  }

  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "iceoryx's library counts who has a chunk, and is not instrumented";
#endif
  }

  /// RouDi takes a reader that ended off its publishers' lists in its next cycle, and a list has 256 places.
  static void pace(int i) {
    if (i % 100 == 99) let_roudi_clean_up();
  }
  static void let_roudi_clean_up() {
    const auto& heartbeat = broker().doorbells().heartbeat;
    const auto before = heartbeat.load();
    while (heartbeat.load() < before + 2) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

  /// Waits for the next message, and takes what is there.
  static void read_some(Reader& reader) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!reader.read()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "nothing arrives any more";
      std::this_thread::sleep_for(std::chrono::microseconds{10});
    }
    while (reader.read()) continue;
  }

  /// Publishes as fast as it goes until it is stopped.
  static std::jthread publish(Transport& transport, const std::string& topic) {
    return std::jthread{[port = transport.create_publisher(out(topic))](const std::stop_token& stop) {
      Publisher<PoseStamped> publisher{*port};
      for (std::uint64_t sequence = 1; !stop.stop_requested(); ++sequence) {
        auto loan = publisher.loan();
        ASSERT_TRUE(loan) << "message " << sequence;
        loan->pose.position.x = static_cast<double>(sequence);
        publisher.publish(std::move(loan));
        std::this_thread::sleep_for(std::chrono::microseconds{10});
      }
    }};
  }

  std::unique_ptr<Transport> ours_ = make_iceoryx_transport(broker());
  std::unique_ptr<Transport> theirs_ = make_iceoryx_transport(broker());  // to ours another process
};

TEST_F(Stream, OutsideReadersComeAndGoThousandsOfTimes) {
  auto sender = publish(*ours_, "/outside");
  std::jthread local{[&](const std::stop_token& stop) {
    Reader reader{*ours_, in("/outside", "/local", kMaxDepth)};
    while (!stop.stop_requested()) {
      while (reader.read()) continue;
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    EXPECT_GT(reader.last(), std::uint64_t{kTimes});
    reader.expect_every_loss_counted();
  }};
  for (int i = 0; i < kTimes; ++i) {
    Reader guest{*theirs_, in("/outside", "/guest", 4)};
    for (const int stay : {1, 3, 9}) {
      if (i % stay != 0) continue;  // some leave with a full queue, some at once
      ASSERT_NO_FATAL_FAILURE(read_some(guest)) << i;
    }
    guest.expect_every_loss_counted();
    pace(i);
  }
}

TEST_F(Stream, ReadersOfTheSameProcessComeAndGoThousandsOfTimes) {
  auto sender = publish(*ours_, "/inside");
  Reader outside{*theirs_, in("/inside", "/outside", kMaxDepth)};
  std::jthread local{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      while (outside.read()) continue;
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    outside.expect_every_loss_counted();
  }};
  for (int i = 0; i < kTimes; ++i) {
    Reader guest{*ours_, in("/inside", "/guest", 4)};
    ASSERT_NO_FATAL_FAILURE(read_some(guest)) << i;
    guest.expect_every_loss_counted();
    pace(i);
  }
}

TEST_F(Stream, WritersOfTheSameProcessComeAndGoAndWhatTheySentStays) {
  const auto in_port = ours_->create_subscriber(in("/writers", "/local"));
  Subscriber<PoseStamped> subscriber{*in_port};
  for (int i = 0; i < kTimes / 10; ++i) {
    {
      const auto port = ours_->create_publisher(out("/writers"));
      Publisher<PoseStamped> publisher{*port};
      for (const double x : {1, 2, 3}) {
        auto loan = publisher.loan();
        ASSERT_TRUE(loan);
        loan->pose.position.x = x;
        publisher.publish(std::move(loan));
      }
    }
    for (const double x : {1, 2, 3}) {
      const auto sample = subscriber.take();
      ASSERT_TRUE(sample) << i;
      EXPECT_EQ(sample->pose.position.x, x);
    }
  }
  EXPECT_EQ(in_port->counts().dropped, 0U);
}

TEST_F(Stream, ASlowOutsideReaderTakesNothingFromTheOthers) {
  const Reader asleep{*theirs_, in("/asleep", "/asleep", 16)};
  Reader reader{*ours_, in("/asleep", "/local", 4)};
  const auto port = ours_->create_publisher(out("/asleep"));
  Publisher<PoseStamped> publisher{*port};
  for (int sequence = 1; sequence <= 1000; ++sequence) {
    auto loan = publisher.loan();
    ASSERT_TRUE(loan) << sequence;
    loan->pose.position.x = sequence;
    publisher.publish(std::move(loan));
    EXPECT_TRUE(reader.read());
  }
  EXPECT_EQ(reader.missed(), 0U);
}

int used_chunks(BrokerClient& broker) {
  int used = 0;
  const auto graph = nlohmann::json::parse(broker.graph());
  for (const auto& pool : graph["memory"]["pools"]) used += pool["used"].get<int>();
  return used;
}

TEST_F(Stream, APublisherKeepsItsChunksAndNeverMoreThanItsReadersQueueAndHold) {
  let_roudi_clean_up();
  const int before = used_chunks(broker());
  auto port = ours_->create_publisher(out("/kept"));
  const auto send = [&](int times) {
    Publisher<PoseStamped> publisher{*port};
    for (int i = 0; i < times; ++i) {
      auto loan = publisher.loan();
      ASSERT_TRUE(loan);
      publisher.publish(std::move(loan));
    }
  };
  send(100);
  EXPECT_EQ(used_chunks(broker()), before + 1);
  auto reader = ours_->create_subscriber(in("/kept", "/local", 16));
  send(100);
  EXPECT_EQ(used_chunks(broker()), before + 16 + 1);
  reader.reset();
  send(1);
  EXPECT_LE(used_chunks(broker()), before + static_cast<int>(port->options().max_loans));
  port.reset();
  EXPECT_EQ(used_chunks(broker()), before);
}

}  // namespace
}  // namespace tactus::testing
