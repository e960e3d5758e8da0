// SPDX-License-Identifier: Apache-2.0
#include "ros_graph.hpp"

#include <gmock/gmock.h>

namespace tactus::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Guid guid(std::uint8_t last) {
  Guid guid{};
  guid.back() = last;
  return guid;
}
dds::RemoteEndpoint own(const std::string& topic, std::uint8_t last) {
  dds::RemoteEndpoint endpoint;
  endpoint.topic = topic;
  endpoint.guid = guid(last);
  return endpoint;
}

TEST(RosNodes, HaveTheEndpointsOfTheirTopics) {
  const std::vector<mesh::TopicUse> topics{{"/imu", "T", "t", {"/left/headset"}, {"/tracker"}, true}};
  const auto nodes =
      ros_nodes({"/left/headset", "/tracker"}, topics, {own("rt/imu", 1), own("tactus/host", 2)},
                {own("rt/imu", 3), own("rt/other", 4)});
  EXPECT_THAT(
      nodes, ElementsAre(RosNode{"/left", "headset", {}, {guid(3)}}, RosNode{"/", "tracker", {guid(1)}, {}}));
}

// Written by hand from rmw_dds_common's definition.
TEST(RosParticipant, IsEncodedAsRos2Does) {
  const auto bytes = ros_participant(guid(9), {{"/", "ab", {guid(1)}, {}}}, 16);
  std::vector<std::uint8_t> expected{0, 1, 0, 0};
  const auto add = [&](std::initializer_list<std::uint8_t> more) {
    expected.insert(expected.end(), more.begin(), more.end());
  };
  add({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9});  // gid
  add({1, 0, 0, 0});                                      // one node
  add({2, 0, 0, 0, '/', 0, 0, 0});                        // namespace, padded
  add({3, 0, 0, 0, 'a', 'b', 0, 0});                      // name, padded
  add({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  add({0, 0, 0, 0});
  ASSERT_EQ(bytes.size(), expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], std::byte{expected[i]}) << i;
  EXPECT_EQ(ros_participant(guid(9), {}, 24).size(), 4U + 24 + 4);
}

}  // namespace
}  // namespace tactus::gateway
