// SPDX-License-Identifier: Apache-2.0
#include "bridges.hpp"

#include <gmock/gmock.h>

#include "local_graph.hpp"
#include "sample_tag.hpp"
#include "socket_limits.hpp"

namespace tactus::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kImu = "sensor_msgs/msg/Imu";

LocalTopic topic(const std::string& name, std::uint32_t publishers, std::uint32_t subscribers) {
  return {name, kImu, "id-of-imu", publishers, subscribers, 0, 0};
}

dds::RemoteEndpoint remote(const std::string& name, const std::string& type = kImu) {
  dds::RemoteEndpoint endpoint;
  endpoint.topic = dds_topic(name);
  endpoint.type = dds_type(type);
  endpoint.reliable = true;
  return endpoint;
}

TEST(BridgeNames, AreThoseOfRos2) {
  EXPECT_EQ(dds_topic("/head/pose"), "rt/head/pose");
  EXPECT_EQ(dds_type("geometry_msgs/msg/PoseStamped"), "geometry_msgs::msg::dds_::PoseStamped_");
}

TEST(WantedBridges, ExportWhatSomebodyThereReads) {
  const auto bridges = wanted_bridges({topic("/imu", 1, 0), topic("/other", 1, 0)}, {remote("/imu")}, {}, {});
  ASSERT_THAT(bridges.exports, SizeIs(1));
  EXPECT_EQ(bridges.exports[0].topic, "/imu");
  EXPECT_THAT(bridges.imports, IsEmpty());
}

TEST(WantedBridges, ExportNothingThatNobodyHerePublishes) {
  EXPECT_THAT(wanted_bridges({topic("/imu", 0, 1)}, {remote("/imu")}, {}, {}).exports, IsEmpty());
}

TEST(WantedBridges, ExportOnlyWhatTheFilterLets) {
  const Filter filter{"", {"/camera/*", "/imu"}, {}};
  const auto local = {topic("/camera/left", 1, 0), topic("/imu", 1, 0), topic("/imu0", 1, 0)};
  const auto bridges =
      wanted_bridges(local, {remote("/camera/left"), remote("/imu"), remote("/imu0")}, {}, filter);
  ASSERT_THAT(bridges.exports, SizeIs(2));
  EXPECT_EQ(bridges.exports[0].topic, "/camera/left");
  EXPECT_EQ(bridges.exports[1].topic, "/imu");
}

TEST(WantedBridges, AskForWhatIsReadHereAndWrittenNowhere) {
  const auto bridges = wanted_bridges({topic("/imu", 0, 1)}, {}, {}, {});
  ASSERT_THAT(bridges.imports, SizeIs(1));
  EXPECT_TRUE(bridges.imports[0].waiting);
}

TEST(WantedBridges, ImportWhatSomebodyThereWrites) {
  auto writer = remote("/imu");
  writer.latched = true;
  writer.user_data = "typehash=x;max_bytes=4096;";
  const auto bridges = wanted_bridges({topic("/imu", 0, 1)}, {}, {writer}, {});
  ASSERT_THAT(bridges.imports, SizeIs(1));
  EXPECT_FALSE(bridges.imports[0].waiting);
  EXPECT_TRUE(bridges.imports[0].latched);
  EXPECT_EQ(bridges.imports[0].max_bytes, 4096U);
}

TEST(WantedBridges, ReadWithTheGuaranteesOfTheWeakestWriter) {
  auto weak = remote("/imu");
  weak.reliable = false;
  auto latched = remote("/imu");
  latched.latched = true;
  const auto bridges = wanted_bridges({topic("/imu", 0, 1)}, {}, {weak, latched}, {});
  ASSERT_THAT(bridges.imports, SizeIs(1));
  EXPECT_FALSE(bridges.imports[0].reliable);
  EXPECT_FALSE(bridges.imports[0].latched);
}

TEST(WantedBridges, ImportATopicWithAPublisherHereOnlyWhenListed) {
  const std::vector local{topic("/imu", 1, 1)};
  EXPECT_THAT(wanted_bridges(local, {}, {remote("/imu")}, {}).imports, IsEmpty());
  EXPECT_THAT(wanted_bridges(local, {}, {remote("/imu")}, {"", {}, {"/imu"}}).imports, SizeIs(1));
}

TEST(WantedBridges, TellWhyATypeDoesNotMeet) {
  const auto bridges = wanted_bridges({topic("/imu", 1, 0)}, {remote("/imu", "std_msgs/msg/String")}, {}, {});
  EXPECT_THAT(bridges.exports, IsEmpty());
  ASSERT_THAT(bridges.refusals, SizeIs(1));
  EXPECT_THAT(bridges.refusals[0].reason, HasSubstr("type differs: sensor_msgs/msg/Imu here"));
}

TEST(WantedBridges, KeepGroupsApart) {
  auto elsewhere = remote("/imu");
  elsewhere.partitions = {"blue"};
  const std::vector local{topic("/imu", 1, 0)};
  EXPECT_THAT(wanted_bridges(local, {elsewhere}, {}, {}).exports, IsEmpty());
  EXPECT_THAT(wanted_bridges(local, {elsewhere}, {}, {}).refusals[0].reason, HasSubstr("group 'blue'"));
  EXPECT_THAT(wanted_bridges(local, {elsewhere}, {}, {"blue", {}, {}}).exports, SizeIs(1));
  EXPECT_THAT(wanted_bridges(local, {remote("/imu")}, {}, {"blue", {}, {}}).exports, IsEmpty());
}

TEST(UserData, IsReadByKey) {
  EXPECT_EQ(user_value("enclave=/;max_bytes=7;", "max_bytes"), "7");
  EXPECT_EQ(user_value("max_bytes", "max_bytes"), "");
  EXPECT_EQ(user_value("", "max_bytes"), "");
  EXPECT_EQ(user_value(";;=;max_bytes_more=1", "max_bytes"), "");
}

TEST(Printable, WhatAPeerSaysCannotWriteToTheTerminalOrFillTheLog) {
  EXPECT_EQ(dds::printable("box \x1b[2J\n\xc3\xbc"), "box ?[2J???");
  EXPECT_EQ(dds::printable(std::string(100'000, 'a')).size(), 256U);
}

TEST(SocketLimits, AreSaidWithTheCommandThatRaisesThem) {
  EXPECT_EQ(dds::receive_buffer_advice(4096, 4096), "");
  EXPECT_THAT(dds::receive_buffer_advice(4194304, 212992),
              ::testing::AllOf(HasSubstr("208 KiB"), HasSubstr("sysctl -w net.core.rmem_max=4194304")));
  EXPECT_GT(dds::granted_receive_buffer(4096), 0U);
}

Bridge crossing(const std::string& topic, std::uint64_t max_bytes, bool latched = false) {
  return {topic, "sensor_msgs/msg/Image", "a", latched, true, max_bytes, false};
}

TEST(Priorities, TheLongestNameThatFitsCounts) {
  Filter filter;
  filter.priorities = {{"/camera/*", 3}, {"/camera/left", 7}, {"/*", kKeep}};
  const auto of = [&](const std::string& topic) { return priority_of(filter, crossing(topic, 1 << 20)); };
  EXPECT_EQ(of("/camera/left"), 7);
  EXPECT_EQ(of("/camera/right"), 3);
  EXPECT_EQ(of("/lidar"), kKeep);
}

TEST(Priorities, WhatNobodyRankedIsShedWhenItIsLargeAndNotLatched) {
  EXPECT_EQ(priority_of({}, crossing("/image", 1 << 20)), kBulkPriority);
  EXPECT_EQ(priority_of({}, crossing("/imu", 300)), kKeep);
  EXPECT_EQ(priority_of({}, crossing("/map", 1 << 20, true)), kKeep);
}

TEST(DdsDepth, HoldsManySmallAndFewLargeOnes) {
  EXPECT_EQ(dds_depth(0), 256U);
  EXPECT_EQ(dds_depth(300), 256U);
  EXPECT_EQ(dds_depth(64 * 1024), 128U);
  EXPECT_EQ(dds_depth(2'000'000), 4U);
  EXPECT_EQ(dds_depth(std::uint64_t{1} << 40), 4U);
}

TEST(LedgerWriter, IsFoundInTheUserData) {
  EXPECT_EQ(ledger_writer_of("typehash=x;" + ledger_writer_text(0xffff'ffff'ffff'fffeU) + "more=1;"),
            0xffff'ffff'ffff'fffeU);
  EXPECT_EQ(ledger_writer_of("typehash=x;"), 0U);
}

TEST(SampleTag, CarriesCaptureTimeAndClockOfGatewaysOnly) {
  EXPECT_EQ(origin_of(make_tag({7, -5})), (SampleOrigin{7, -5}));
  EXPECT_EQ(origin_of(dds::SampleTag{}), std::nullopt);
}

TEST(LocalGraph, LeavesTheGatewayAndOtherGroupsOut) {
  const auto graph = parse_local_graph(R"({"topics": [
    {"name": "/imu", "group": "", "publishers": [{"node": "/tactus_gateway", "type": "T", "type_id": "t",
      "history": 0, "max_bytes": 8}], "subscribers": [{"node": "/reader", "type": "T", "type_id": "t"}]},
    {"name": "/own", "group": "", "publishers": [], "subscribers": [{"node": "/tactus_gateway", "type": "T",
      "type_id": "t"}]},
    {"name": "/blue", "group": "blue", "publishers": [], "subscribers": []}],
    "types": {"t": "{}"}})",
                                       "");
  ASSERT_THAT(graph.topics, SizeIs(1));
  EXPECT_EQ(graph.topics[0].publishers, 0U);
  EXPECT_EQ(graph.topics[0].subscribers, 1U);
}

}  // namespace
}  // namespace tactus::gateway
