// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace tactus::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

mesh::TopicUse published(const std::string& node) { return {"/imu", "sensor_msgs/msg/Imu", "a", {node}, {}}; }
mesh::TopicUse taken(const std::string& node) { return {"/imu", "sensor_msgs/msg/Imu", "a", {}, {node}}; }
mesh::HostView host(const mesh::TopicUse& topic) {
  mesh::HostView view;
  view.about.name = "there";
  view.about.topics = {topic};
  return view;
}
std::string unknown(const std::string&, const std::string&) { return {}; }

TEST(NetworkEdges, APublisherHereAndASubscriberThereMeetOverTheNetwork) {
  EXPECT_THAT(network_edges("here", {published("/camera")}, {host(taken("/tracker"))}, {}, unknown),
              ElementsAre(NetworkEdge{"/imu", "here/camera", "there/tracker", "network", ""}));
  EXPECT_THAT(network_edges("here", {taken("/tracker")}, {host(published("/camera"))}, {}, unknown),
              ElementsAre(NetworkEdge{"/imu", "there/camera", "here/tracker", "network", ""}));
}

TEST(NetworkEdges, OtherTopicsMakeNoPairs) {
  auto other = taken("/tracker");
  other.name = "/other";
  EXPECT_THAT(network_edges("here", {published("/camera")}, {host(other)}, {}, unknown), IsEmpty());
}

TEST(NetworkEdges, WhatMayNotLeaveItsHostIsTold) {
  auto kept = published("/camera");
  kept.exported = false;
  const auto edges = network_edges("here", {kept}, {host(taken("/tracker"))}, {}, unknown);
  EXPECT_THAT(edges,
              ElementsAre(NetworkEdge{"/imu", "here/camera", "there/tracker", "", "not exported by here"}));
}

TEST(NetworkEdges, TypesThatDifferAreToldByTheirNamesOrTheirFields) {
  auto other = taken("/tracker");
  other.type = "std_msgs/msg/String";
  EXPECT_EQ(network_edges("here", {published("/camera")}, {host(other)}, {}, unknown).at(0).reason,
            "type differs: sensor_msgs/msg/Imu on here, std_msgs/msg/String on there");
  other = taken("/tracker");
  other.type_id = "b";
  const auto field = [](const std::string& here, const std::string& there) {
    return "field x: " + here + " here, " + there + " there";
  };
  EXPECT_EQ(network_edges("here", {published("/camera")}, {host(other)}, {}, field).at(0).reason,
            "the definitions of sensor_msgs/msg/Imu differ: field x: a here, b there");
}

TEST(NetworkEdges, WhatIsPublishedOnBothSidesCrossesOnlyWhenListed) {
  auto both = taken("/tracker");
  both.publishers = {"/own"};
  const std::vector hosts{host(published("/camera"))};
  const auto reason = [&](const Filter& filter) {
    for (const auto& edge : network_edges("here", {both}, hosts, filter, unknown))
      if (edge.to == "here/tracker") return edge.reason;
    return std::string{"no such pair"};
  };
  EXPECT_EQ(reason({}), "here publishes it itself: list it under import to have both");
  EXPECT_EQ(reason({"", {}, {"/imu"}}), "");
}

TEST(Status, ShowsSentBesideReceived) {
  Status status;
  status.hosts = {host(published("/camera"))};
  status.hosts[0].id = 5;
  status.hosts[0].ledger.topics = {{"/imu", 8, 100, 3, 2, 0, true, {}}};
  Arrivals arrivals;
  for (std::uint64_t sequence = 11; sequence <= 100; ++sequence) arrivals.add(sequence);
  status.inbound = {{"/imu",
                     "sensor_msgs/msg/Imu",
                     {.received = 90, .published = 90, .lost = 10},
                     {{.host = 5, .writer = 8, .received = 90, .arrivals = arrivals}}}};
  status.balances[8] = {{42, 95, 100, 3, 2, 1}, {4, 1, 0}};
  const auto topic = nlohmann::json::parse(to_json(status)).at("topics").at(0);
  EXPECT_EQ(topic.at("lost"), 10);
  EXPECT_EQ(topic.at("writers").at(0).at("host"), "there");
  EXPECT_EQ(topic.at("writers").at(0).at("sent"), 100);
  EXPECT_EQ(topic.at("writers").at(0).at("shed"), 3);
  EXPECT_EQ(topic.at("writers").at(0).at("shedding"), true);
  EXPECT_EQ(topic.at("writers").at(0).at("last_second"),
            nlohmann::json::parse(R"({"second": 42, "sent": 5, "received": 4, "lost": 1, "under_way": 0,
                                      "shed": 3, "overwritten": 2, "refused": 1})"));
}

TEST(Status, ShowsWhatIsShedAndWhatNeverIs) {
  Status status;
  OutboundStatus image;
  image.topic = "/image";
  image.priority = 5;
  image.shedding = true;
  OutboundStatus imu;
  imu.topic = "/imu";
  status.outbound = {image, imu};
  status.delay_ns = 17;
  const auto json = nlohmann::json::parse(to_json(status));
  EXPECT_EQ(json.at("delay_ns"), 17);
  EXPECT_EQ(json.at("topics").at(0).at("priority"), 5);
  EXPECT_EQ(json.at("topics").at(0).at("shedding"), true);
  EXPECT_EQ(json.at("topics").at(1).at("priority"), "keep");
}

TEST(Status, NamesWhoSentWhatWasRefused) {
  Status status;
  status.inbound = {{"/imu",
                     "sensor_msgs/msg/Imu",
                     {.received = 9, .published = 4, .malformed = 3, .too_large = 2},
                     {{.peer = "DDS 01", .received = 5, .malformed = 3, .too_large = 2}, {.received = 4}}}};
  const auto writers = nlohmann::json::parse(to_json(status)).at("topics").at(0).at("writers");
  EXPECT_EQ(writers.at(0).at("peer"), "DDS 01");
  EXPECT_EQ(writers.at(0).at("malformed"), 3);
  EXPECT_EQ(writers.at(0).at("too_large"), 2);
  EXPECT_FALSE(writers.at(1).contains("peer"));
}

}  // namespace
}  // namespace tactus::gateway
