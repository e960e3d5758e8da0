// SPDX-License-Identifier: Apache-2.0
#include "transport_conformance.hpp"

#include <geometry_msgs/msg/pose_stamped.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <thread>
#include <vector>

#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"

namespace tactus::testing {
namespace {

using geometry_msgs::msg::PoseStamped;
using sensor_msgs::msg::Image;

constexpr std::size_t kBytes = 4096;

template <typename T>
PublisherOptions out(const char* topic) {
  return {.node = "/writer", .topic = topic, .type = &type_info<T>(), .max_bytes = kBytes};
}
template <typename T>
SubscriberOptions in(const char* topic) {
  return {.node = "/reader", .topic = topic, .type = &type_info<T>()};
}

void send(UntypedPublisher& port, double x) {
  Publisher<PoseStamped> publisher{port};
  auto loan = publisher.loan();
  ASSERT_TRUE(loan);
  loan->pose.position.x = x;
  loan->header.frame_id = "map";
  publisher.publish(std::move(loan));
}

std::vector<double> drain(UntypedSubscriber& port) {
  std::vector<double> values;
  Subscriber<PoseStamped> subscriber{port};
  while (auto sample = subscriber.take()) values.push_back(sample->pose.position.x);
  return values;
}

using Values = std::vector<double>;

TransportErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const TransportError& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST_P(TransportConformance, DeliversWhatIsPublishedInOrder) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/order"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/order"));
  EXPECT_FALSE(subscriber->has_data());
  for (const double x : {1, 2, 3}) send(*publisher, x);
  EXPECT_TRUE(subscriber->has_data());
  EXPECT_EQ(drain(*subscriber), (Values{1, 2, 3}));
  EXPECT_FALSE(subscriber->has_data());
  EXPECT_EQ(publisher->counts().messages, 3U);
  EXPECT_EQ(subscriber->counts().messages, 3U);
  EXPECT_EQ(subscriber->counts().bytes, publisher->counts().bytes);
}

TEST_P(TransportConformance, AddsUpTheAgeOfWhatIsTaken) {
  using std::chrono::hours;
  const auto port = transport->create_publisher(out<PoseStamped>("/age"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/age"));
  Publisher<PoseStamped> publisher{*port};
  for (const int age : {1, 3}) {
    auto loan = publisher.loan();
    loan.captured_at(group_now() - hours{age});
    publisher.publish(std::move(loan));
  }
  drain(*subscriber);
  const EndpointCounts counts = subscriber->counts();
  EXPECT_GE(Duration{counts.age_ns_total}, hours{4});
  EXPECT_LT(Duration{counts.age_ns_total}, hours{5});
  EXPECT_GE(Duration{counts.age_ns_max}, hours{3});
  EXPECT_LT(Duration{counts.age_ns_max}, hours{4});
}

// Capture times come from other processes: under the sanitizer an overflow stops this test.
TEST_P(TransportConformance, AgesOfCaptureTimesThatNoClockSaysEndAtTheLongestAge) {
  const auto port = transport->create_publisher(out<PoseStamped>("/odd_ages"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/odd_ages"));
  Publisher<PoseStamped> publisher{*port};
  for (const Time captured : {Time::max(), Time::min(), Time::min(), from_ns(1)}) {
    auto loan = publisher.loan();
    loan.captured_at(captured);
    publisher.publish(std::move(loan));
  }
  EXPECT_EQ(drain(*subscriber).size(), 4U);
  EXPECT_EQ(Duration{subscriber->counts().age_ns_total}, Duration::max());
  EXPECT_EQ(Duration{subscriber->counts().age_ns_max}, Duration::max());
}

TEST_P(TransportConformance, TextTravelsInTheMessagesTail) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/text"));
  const auto port = transport->create_subscriber(in<PoseStamped>("/text"));
  send(*publisher, 1);
  Subscriber<PoseStamped> subscriber{*port};
  const auto sample = subscriber.take();
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->header.frame_id, "map");
}

TEST_P(TransportConformance, StampsSequencePublisherAndTimes) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/stamps"));
  const auto port = transport->create_subscriber(in<PoseStamped>("/stamps"));
  Publisher<PoseStamped> typed{*publisher};
  send(*publisher, 1);
  auto loan = typed.loan();
  loan.captured_at(from_ns(42));
  typed.publish(std::move(loan));
  Subscriber<PoseStamped> subscriber{*port};
  const auto first = subscriber.take(), second = subscriber.take();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first.header().sequence, 1U);
  EXPECT_EQ(second.header().sequence, 2U);
  EXPECT_EQ(first.captured(), first.published());
  EXPECT_EQ(second.captured(), from_ns(42));
  EXPECT_EQ(first.header().publisher, second.header().publisher);
  EXPECT_GE(second.published(), first.published());
}

TEST_P(TransportConformance, AFullQueueDropsTheOldestAndTheReaderCountsIt) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/full"));
  auto options = in<PoseStamped>("/full");
  options.depth = 2;
  const auto subscriber = transport->create_subscriber(options);
  send(*publisher, 0);
  EXPECT_EQ(drain(*subscriber), (Values{0}));
  for (const double x : {1, 2, 3, 4, 5}) send(*publisher, x);
  EXPECT_EQ(drain(*subscriber), (Values{4, 5}));
  EXPECT_EQ(subscriber->counts().dropped, 3U);
}

TEST_P(TransportConformance, LateReadersGetTheHistoryAndNoMore) {
  auto options = out<PoseStamped>("/latched");
  options.history = 2;
  const auto publisher = transport->create_publisher(options);
  for (const double x : {1, 2, 3}) send(*publisher, x);
  const auto late = transport->create_subscriber(in<PoseStamped>("/latched"));
  auto unwilling_options = in<PoseStamped>("/latched");
  unwilling_options.want_history = false;
  const auto unwilling = transport->create_subscriber(unwilling_options);
  EXPECT_EQ(drain(*late), (Values{2, 3}));
  EXPECT_EQ(drain(*unwilling), Values{});
}

TEST_P(TransportConformance, ALoanMoreThanAskedForIsEmptyAndCounted) {
  const auto port = transport->create_publisher(out<PoseStamped>("/loans"));
  Publisher<PoseStamped> publisher{*port};
  auto first = publisher.loan(), second = publisher.loan(), third = publisher.loan();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(third);
  EXPECT_EQ(port->counts().dropped, 1U);
  first = {};
  EXPECT_TRUE(publisher.loan());
}

TEST_P(TransportConformance, ADroppedLoanIsNotPublished) {
  const auto port = transport->create_publisher(out<PoseStamped>("/dropped"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/dropped"));
  { const auto loan = Publisher<PoseStamped>{*port}.loan(); }
  EXPECT_FALSE(subscriber->has_data());
  send(*port, 1);
  EXPECT_EQ(drain(*subscriber), (Values{1}));
  EXPECT_EQ(subscriber->counts().dropped, 0U);
}

TEST_P(TransportConformance, HoldingTheQuotaMakesTakeEmptyUntilOneIsReleased) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/held"));
  auto options = in<PoseStamped>("/held");
  options.max_held = 2;
  const auto port = transport->create_subscriber(options);
  Subscriber<PoseStamped> subscriber{*port};
  for (const double x : {1, 2, 3}) send(*publisher, x);
  auto a = subscriber.take();
  const auto b = subscriber.take();
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(subscriber.take());
  a = {};
  EXPECT_TRUE(subscriber.take());
}

TEST_P(TransportConformance, ASampleMayBeReleasedOnAnotherThread) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/foreign"));
  auto options = in<PoseStamped>("/foreign");
  options.max_held = 1;
  const auto port = transport->create_subscriber(options);
  Subscriber<PoseStamped> subscriber{*port};
  for (int round = 0; round < 50; ++round) {
    send(*publisher, round);
    auto sample = subscriber.take();
    ASSERT_TRUE(sample) << round;
    std::jthread{[moved = std::move(sample)]() mutable { moved = {}; }};
  }
}

TEST_P(TransportConformance, TypesThatDifferNeverMeet) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/types"));
  const auto subscriber = transport->create_subscriber(in<Image>("/types"));
  send(*publisher, 1);
  EXPECT_FALSE(subscriber->has_data());
  EXPECT_FALSE(subscriber->take());
}

TEST_P(TransportConformance, TopicsThatDifferNeverMeetHoweverLongTheirCommonStart) {
  const std::string common = "/" + std::string(98, 'x');
  const auto publisher = transport->create_publisher(out<PoseStamped>((common + "a").c_str()));
  const auto other = transport->create_subscriber(in<PoseStamped>((common + "b").c_str()));
  const auto same = transport->create_subscriber(in<PoseStamped>((common + "a").c_str()));
  send(*publisher, 1);
  EXPECT_EQ(drain(*other), Values{});
  EXPECT_EQ(drain(*same), (Values{1}));
}

TEST_P(TransportConformance, SeveralWritersAndReadersOfOneTopic) {
  const auto one = transport->create_publisher(out<PoseStamped>("/many"));
  const auto two = transport->create_publisher(out<PoseStamped>("/many"));
  const auto left = transport->create_subscriber(in<PoseStamped>("/many"));
  const auto right = transport->create_subscriber(in<PoseStamped>("/many"));
  send(*one, 1);
  send(*two, 2);
  EXPECT_EQ(drain(*left), (Values{1, 2}));
  EXPECT_EQ(drain(*right), (Values{1, 2}));
  EXPECT_EQ(left->counts().dropped, 0U);
}

TEST_P(TransportConformance, WhatAPublisherSentOutlivesIt) {
  auto publisher = transport->create_publisher(out<PoseStamped>("/gone"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/gone"));
  send(*publisher, 1);
  publisher.reset();
  EXPECT_EQ(drain(*subscriber), (Values{1}));
}

TEST_P(TransportConformance, ABlockThatLiesIsRejectedAndCounted) {
  const auto publisher = transport->create_publisher(out<PoseStamped>("/hostile"));
  const auto subscriber = transport->create_subscriber(in<PoseStamped>("/hostile"));
  Publisher<PoseStamped> typed{*publisher};
  auto loan = typed.loan();
  reinterpret_cast<std::uint32_t*>(&loan->header.frame_id)[1] = 1U << 30;
  typed.publish(std::move(loan));
  send(*publisher, 2);
  EXPECT_EQ(drain(*subscriber), (Values{2}));
  EXPECT_EQ(subscriber->counts().rejected, 1U);
}

TEST_P(TransportConformance, LimitsAreTypedErrorsThatNameTheTopic) {
  auto publisher = out<PoseStamped>("/limits");
  publisher.history = 17;
  EXPECT_EQ(code_of([&] { (void)transport->create_publisher(publisher); }),
            TransportErrorCode::kHistoryTooLarge);
  publisher = out<PoseStamped>("/limits");
  publisher.max_loans = 9;
  EXPECT_EQ(code_of([&] { (void)transport->create_publisher(publisher); }),
            TransportErrorCode::kTooManyLoans);
  auto subscriber = in<PoseStamped>("/limits");
  subscriber.depth = 257;
  EXPECT_EQ(code_of([&] { (void)transport->create_subscriber(subscriber); }),
            TransportErrorCode::kDepthTooLarge);
  subscriber = in<PoseStamped>("/limits");
  subscriber.max_held = 256;
  EXPECT_EQ(code_of([&] { (void)transport->create_subscriber(subscriber); }),
            TransportErrorCode::kTooManyHeld);
  for (const char* name : {"", "/", "../x", "/a b", "/a,b", "imu"}) {
    EXPECT_EQ(code_of([&] { (void)transport->create_subscriber(in<PoseStamped>(name)); }),
              TransportErrorCode::kBadName)
        << name;
  }
}

}  // namespace
}  // namespace tactus::testing
