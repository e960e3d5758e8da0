// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "zeroed_page.hpp"

namespace tactus::broker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RegistryTest : public ::testing::Test {
 protected:
  Process& connect(const std::string& kind, const std::string& name, const std::string& group = "") {
    Process process;
    process.pid = ++pid_;
    process.kind = kind;
    process.name = name;
    process.group = group;
    process.page = pages_.emplace_back(zeroed_page<ProcessPage>()).get();
    return registry_.add_process(std::move(process));
  }
  static Endpoint output(const std::string& topic, std::uint32_t loans = 2) {
    Endpoint endpoint;
    endpoint.publisher = true;
    endpoint.node = "/writer";
    endpoint.topic = topic;
    endpoint.max_loans = loans;
    endpoint.max_bytes = 500;
    return endpoint;
  }
  static ReservedLaunch plan(const std::string& topic, std::uint32_t loans) {
    return {{"main"}, {"/writer"}, {claim_of(output(topic, loans))}};
  }
  template <typename Call>
  TransportError refused(Call call) {
    try {
      call();
    } catch (const TransportError& error) {
      return error;
    }
    ADD_FAILURE() << "it was not refused";
    return {TransportErrorCode::kForked, ""};
  }

  std::unique_ptr<DoorbellPage> doorbells_ = std::make_unique<DoorbellPage>();
  Registry registry_{*doorbells_,
                     {{1024, 100}},
                     {.publishers = 10, .subscribers = 10, .subscribers_per_topic = 4, .processes = 5}};
  std::vector<std::unique_ptr<ProcessPage, Unmap>> pages_;
  pid_t pid_ = 100;
};

TEST_F(RegistryTest, WhatAProcessSaysAboutItselfStandsInTheGraph) {
  connect("program", "silent");
  connect("program", "gateway").status = {{"domain", 7}};
  const auto processes = registry_.graph(1).at("processes");
  EXPECT_FALSE(processes.at(0).contains("status"));
  EXPECT_EQ(processes.at(1).at("status").at("domain"), 7);
}

TEST_F(RegistryTest, AReservationHoldsUntilItsConnectionEnds) {
  Process& launch = connect("supervisor", "launch");
  registry_.reserve(launch, plan("/a", 90));
  Process& program = connect("program", "program");
  const auto error = refused([&] { registry_.add_endpoint(program, output("/b", 20), "{}"); });
  EXPECT_EQ(error.code(), TransportErrorCode::kNoMemory);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("/writer: topic '/b'"), HasSubstr("91 by process 101 (launch)")));
  registry_.remove_process(launch.id);
  EXPECT_NO_THROW(registry_.add_endpoint(program, output("/b", 20), "{}"));
}

TEST_F(RegistryTest, AHostDrawsOnTheReservationOfItsLaunch) {
  registry_.reserve(connect("supervisor", "launch"), plan("/a", 90));
  Process& host = connect("host", "main");
  const auto id = registry_.add_endpoint(host, output("/a", 90), "{}").id;
  EXPECT_EQ(registry_.demand().chunks.at(0), 91u);
  registry_.remove_endpoint(host, id);
  EXPECT_EQ(registry_.demand().chunks.at(0), 91u);
}

TEST_F(RegistryTest, ARefusedReservationLeavesNothing) {
  Process& launch = connect("supervisor", "launch");
  refused([&] { registry_.reserve(launch, plan("/a", 200)); });
  EXPECT_EQ(registry_.demand().chunks.at(0), 0u);
  EXPECT_NO_THROW(registry_.reserve(launch, plan("/a", 90)));
}

TEST_F(RegistryTest, PublishersOfALaunchAreCountedBeforeTheyExist) {
  ReservedLaunch many;
  for (int i = 0; i < 11; ++i) many.claims.push_back(claim_of(output("/t" + std::to_string(i))));
  many.claims.front().where = "xr.launch.yaml:4:3";
  const auto error = refused([&] { registry_.reserve(connect("supervisor", "launch"), many); });
  EXPECT_EQ(error.code(), TransportErrorCode::kTooManyPublishers);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("xr.launch.yaml:4:3"), HasSubstr("11 more publishers")));
}

TEST_F(RegistryTest, SubscribersOfATopicAreCountedBeforeTheyExist) {
  ReservedLaunch crowd;
  for (int i = 0; i < 5; ++i) {
    Endpoint input;
    input.node = "/reader" + std::to_string(i);
    input.topic = "/crowded";
    crowd.claims.push_back(claim_of(input));
  }
  const auto error = refused([&] { registry_.reserve(connect("supervisor", "launch"), crowd); });
  EXPECT_EQ(error.code(), TransportErrorCode::kTooManySubscribersOnTopic);
}

TEST_F(RegistryTest, ProcessesOfALaunchAreCountedBeforeTheyExist) {
  Process& launch = connect("supervisor", "launch");
  EXPECT_EQ(refused([&] {
              registry_.reserve(launch, {{"a", "b", "c", "d", "e"}, {}, {}});
            }).code(),
            TransportErrorCode::kTooManyProcesses);
  registry_.reserve(launch, {{"a", "b", "c"}, {}, {}});
  connect("program", "last");
  EXPECT_EQ(refused([&] { connect("program", "one too many"); }).code(),
            TransportErrorCode::kTooManyProcesses);
  EXPECT_NO_THROW(connect("host", "a"));
}

TEST_F(RegistryTest, ANodeNameThatAnotherLaunchHasReservedIsRefused) {
  registry_.reserve(connect("supervisor", "launch"), plan("/a", 2));
  Process& second = connect("supervisor", "second");
  const auto error = refused([&] { registry_.reserve(second, plan("/b", 2)); });
  EXPECT_EQ(error.code(), TransportErrorCode::kNodeNameTaken);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("/writer"), HasSubstr("process 101")));
  EXPECT_NO_THROW(registry_.reserve(connect("supervisor", "third", "left"), plan("/b", 2)));
}

TEST_F(RegistryTest, WhatAKilledPublisherHadInItsHandsIsNotToBeHadAnyMore) {
  Process& program = connect("program", "program");
  Process& other = connect("program", "other");
  const Endpoint& added = registry_.add_endpoint(program, output("/a"), "{}");
  const auto lost = registry_.lose_chunks(program, added.counters);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->topic, "/a");
  EXPECT_EQ(registry_.lost().at(lost->pool), 2u);
  const auto error = refused([&] { registry_.add_endpoint(other, output("/b", 96), "{}"); });
  EXPECT_THAT(error.what(), HasSubstr("2 may be lost by kills from outside"));
  registry_.remove_process(program.id);
  EXPECT_EQ(registry_.lost().at(lost->pool), 2u);
}

TEST_F(RegistryTest, AKilledSubscriberMayLoseOneChunkOfTheScarcestPoolOfItsTopic) {
  Process& program = connect("program", "program");
  registry_.add_endpoint(program, output("/a"), "{}");
  Process& reader = connect("program", "reader");
  Endpoint input;
  input.node = "/reader";
  input.topic = "/a";
  input.depth = 1;
  const Endpoint& added = registry_.add_endpoint(reader, input, "{}");
  const auto lost = registry_.lose_chunks(reader, added.counters);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->chunks, 1u);
  EXPECT_FALSE(registry_.lose_chunks(reader, std::nullopt)) << "a call that moved no chunk loses none";
}

TEST_F(RegistryTest, ThePageTellsWhichNodesAndEndpointsItHolds) {
  Process& host = connect("host", "main");
  registry_.add_node(host, "/other");
  registry_.add_node(host, "/writer");
  registry_.add_endpoint(host, output("/a"), "{}");
  const Endpoint& second = registry_.add_endpoint(host, output("/b"), "{}");
  const ProcessPage& page = *host.page;
  ASSERT_EQ(used_nodes(page).size(), 2u);
  EXPECT_STREQ(page.nodes[1].name.data(), "/writer");
  ASSERT_EQ(used_plates(page).size(), 2u);
  const EndpointPlate& plate = page.plates[1];
  EXPECT_STREQ(plate.topic.data(), "/b");
  EXPECT_EQ(plate.node.load(), 2u) << "index of /writer + 1";
  EXPECT_EQ(plate.id.load(), second.id);
  EXPECT_EQ(plate.use.load(), EndpointPlate::Use::kPublisher);
}

}  // namespace
}  // namespace tactus::broker
