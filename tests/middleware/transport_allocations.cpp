// SPDX-License-Identifier: Apache-2.0
// What a node does with its topics never touches the heap.
#include <functional>
#include <geometry_msgs/msg/point.hpp>
#include <geometry_msgs/msg/pose_stamped.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <thread>

#include "allocations.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"
#include "transport_conformance.hpp"

namespace tactus::testing {

void TransportAllocations::SetUp() {
  if (!counts_allocations()) GTEST_SKIP() << "sanitizers bring an allocator of their own";
}

namespace {

using geometry_msgs::msg::Point;
using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Image;

constexpr int kRounds = 100;

/// Heap allocations of this thread in many calls, after as many that fill queues and let the in-process pool
/// grow.
std::uint64_t allocations_of(const std::function<void()>& call) {
  for (int i = 0; i < kRounds; ++i) call();
  const std::uint64_t before = allocations_of_this_thread();
  for (int i = 0; i < kRounds; ++i) call();
  return allocations_of_this_thread() - before;
}

/// The two ends of a topic of its own.
template <typename T>
struct Ends {
  Ends(Transport& transport, PublisherOptions out, SubscriberOptions in)
      : out_port{transport.create_publisher(out)},
        in_port{transport.create_subscriber(in)},
        publisher{*out_port},
        subscriber{*in_port} {}

  static PublisherOptions out(const char* topic) {
    return {.node = "/writer", .topic = topic, .type = &type_info<T>(), .max_bytes = 4096};
  }
  static SubscriberOptions in(const char* topic) {
    return {.node = "/reader", .topic = topic, .type = &type_info<T>()};
  }
  Ends(Transport& transport, const char* topic) : Ends{transport, out(topic), in(topic)} {}

  void send() {
    auto loan = publisher.loan();
    ASSERT_TRUE(loan);
    publisher.publish(std::move(loan));
  }

  std::unique_ptr<UntypedPublisher> out_port;
  std::unique_ptr<UntypedSubscriber> in_port;
  Publisher<T> publisher;
  Subscriber<T> subscriber;
};

TEST(Allocations, AreCountedInLibrariesToo) {
  if (!counts_allocations()) GTEST_SKIP() << "sanitizers bring an allocator of their own";
  const std::uint64_t before = allocations_of_this_thread();
  const std::unique_ptr<Transport>* made = new std::unique_ptr<Transport>;
  EXPECT_EQ(allocations_of_this_thread() - before, 1U);
  delete made;
  std::string text(1000, 'x');  // grown inside of libstdc++
  text.reserve(10'000);
  EXPECT_EQ(allocations_of_this_thread() - before, 3U);
}

TEST_P(TransportAllocations, PlainMessages) {
  Ends<Point> ends{*transport, "/alloc/plain"};
  EXPECT_EQ(allocations_of([&] {
              ends.send();
              ASSERT_TRUE(ends.subscriber.take());
            }),
            0U);
}

TEST_P(TransportAllocations, MessagesOfVariableLength) {
  Ends<Image> ends{*transport, "/alloc/image"};
  EXPECT_EQ(allocations_of([&] {
              auto loan = ends.publisher.loan();
              ASSERT_TRUE(loan);
              loan->header.frame_id = "camera_left_optical_frame";
              loan->encoding = "mono8";
              static_cast<void>(loan->data.resize(1000, for_overwrite));
              ends.publisher.publish(std::move(loan));
              const auto sample = ends.subscriber.take();
              ASSERT_TRUE(sample);
              ASSERT_EQ(sample->data.size(), 1000U);
            }),
            0U);
}

TEST_P(TransportAllocations, ATailThatIsTooShort) {
  Ends<Image> ends{*transport, "/alloc/tail"};
  EXPECT_EQ(allocations_of([&] {
              auto loan = ends.publisher.loan();
              ASSERT_TRUE(loan);
              ASSERT_FALSE(loan->data.try_resize(5000));
            }),
            0U);
}

TEST_P(TransportAllocations, LatchedMessages) {
  auto out = Ends<PoseStamped>::out("/alloc/latched");
  out.history = 4;
  Ends<PoseStamped> ends{*transport, out, Ends<PoseStamped>::in("/alloc/latched")};
  for (int i = 0; i < 8; ++i) ends.send();
  EXPECT_EQ(allocations_of([&] {
              ends.send();
              ASSERT_TRUE(ends.subscriber.latest());
            }),
            0U);
}

TEST_P(TransportAllocations, AFullQueue) {
  auto in = Ends<Point>::in("/alloc/full");
  in.depth = 2;
  Ends<Point> ends{*transport, Ends<Point>::out("/alloc/full"), in};
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 5; ++i) ends.send();
              ASSERT_TRUE(ends.subscriber.take());
            }),
            0U);
  EXPECT_GE(ends.in_port->counts().dropped, 2U * kRounds);
}

TEST_P(TransportAllocations, RefusedAndUnusedLoans) {
  Ends<Point> ends{*transport, "/alloc/loans"};
  EXPECT_EQ(allocations_of([&] {
              const auto one = ends.publisher.loan(), two = ends.publisher.loan();
              ASSERT_FALSE(ends.publisher.loan());
            }),
            0U);
  EXPECT_GE(ends.out_port->counts().dropped, std::uint64_t{kRounds});
}

TEST_P(TransportAllocations, AUsedUpQuotaOfSamples) {
  auto in = Ends<Point>::in("/alloc/held");
  in.max_held = 1;
  Ends<Point> ends{*transport, Ends<Point>::out("/alloc/held"), in};
  EXPECT_EQ(allocations_of([&] {
              ends.send();
              ends.send();
              const auto held = ends.subscriber.latest();
              ASSERT_FALSE(ends.subscriber.take());
            }),
            0U);
}

TEST_P(TransportAllocations, BlocksThatLie) {
  Ends<PoseStamped> ends{*transport, "/alloc/hostile"};
  EXPECT_EQ(allocations_of([&] {
              auto loan = ends.publisher.loan();
              ASSERT_TRUE(loan);
              reinterpret_cast<std::uint32_t*>(&loan->header.frame_id)[1] = 1U << 30;
              ends.publisher.publish(std::move(loan));
              ASSERT_FALSE(ends.subscriber.take());
            }),
            0U);
}

TEST_P(TransportAllocations, SamplesReleasedOnAnotherThread) {
  Ends<Point> ends{*transport, "/alloc/foreign"};
  for (int round = 0; round < 20; ++round) {
    ends.send();
    std::uint64_t of_release = 0;
    std::jthread{[&, sample = ends.subscriber.take()]() mutable {
      const std::uint64_t before = allocations_of_this_thread();
      sample = {};
      of_release = allocations_of_this_thread() - before;
    }}.join();
    EXPECT_EQ(of_release, 0U);
  }
  EXPECT_EQ(allocations_of([&] {
              ends.send();
              ASSERT_TRUE(ends.subscriber.take());
            }),
            0U);
}

}  // namespace
}  // namespace tactus::testing
