// SPDX-License-Identifier: Apache-2.0
#include "membership.hpp"

#include <gmock/gmock.h>

#include "mesh.hpp"

namespace tactus::mesh {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

HostDescription named(const std::string& name) {
  HostDescription host;
  host.name = name;
  host.clock_id = 7;
  return host;
}

TEST(Membership, AHostJoinsOnceAndLeaves) {
  Membership members;
  members.hear(1, named("left"), 0);
  members.hear(1, named("left"), 1);
  const auto joined = members.take_changes();
  ASSERT_THAT(joined, SizeIs(1));
  EXPECT_EQ(joined[0].what, HostChange::What::kJoined);
  members.keep({1}, 2);
  EXPECT_THAT(members.take_changes(), IsEmpty());
  members.keep({}, 3);
  EXPECT_EQ(members.take_changes().at(0).what, HostChange::What::kLeft);
  EXPECT_THAT(members.hosts(3), IsEmpty());
}

TEST(Membership, AHostThatFellSilentFirstIsLost) {
  Membership members;
  members.hear(1, named("left"), 0);
  members.keep({1}, 50);
  members.hear(1, Ledger{}, 100);
  members.keep({}, 101 + Membership::kSilenceNs);
  EXPECT_EQ(members.take_changes().back().what, HostChange::What::kLost);
}

TEST(Membership, AHostThatDdsDoesNotListYetIsNotForgotten) {
  Membership members;
  members.hear(1, named("left"), 0);
  members.keep({}, 1);
  EXPECT_THAT(members.hosts(1), SizeIs(1));
  members.keep({}, Membership::kUnlistedNs);
  EXPECT_THAT(members.hosts(1), IsEmpty());
}

TEST(Membership, TwoHostsOfOneNameAreTwo) {
  Membership members;
  members.hear(1, named("same"), 0);
  members.hear(2, named("same"), 0);
  EXPECT_THAT(members.hosts(0), SizeIs(2));
}

TEST(Membership, NothingIsHeardOfStrangers) {
  Membership members;
  members.hear(9, Ledger{}, 0);
  members.hear(9, ClockExchange{1, 2, 3, 4}, 0);
  EXPECT_THAT(members.hosts(0), IsEmpty());
}

TEST(Membership, AnotherClockIsMeasuredAnew) {
  Membership members;
  members.hear(1, named("left"), 0);
  members.hear(1, ClockExchange{10, 11, 12, 13}, 0);
  EXPECT_TRUE(members.hosts(0).at(0).clock);
  auto restarted = named("left");
  restarted.clock_id = 8;
  members.hear(1, restarted, 1);
  EXPECT_FALSE(members.hosts(1).at(0).clock);
}

TEST(Membership, IsBounded) {
  Membership members;
  for (std::uint64_t id = 1; id <= Membership::kMostHosts + 3; ++id) members.hear(id, named("host"), 0);
  EXPECT_THAT(members.hosts(0), SizeIs(Membership::kMostHosts));
  EXPECT_EQ(members.refused(), 3U);
}

TEST(MeshId, TravelsInTheUserData) {
  const std::uint64_t id = random_id();
  EXPECT_EQ(id_of("typehash=x;" + id_text(id) + "max_bytes=7;"), id);
  EXPECT_EQ(id_of("enclave=/;"), 0U);
  EXPECT_EQ(id_of("tactus_host=zz;"), 0U);
}

}  // namespace
}  // namespace tactus::mesh
