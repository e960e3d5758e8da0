// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <gmock/gmock.h>

namespace rtctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NetworkOptions, MayStandAnywhere) {
  std::vector<std::string> words{"--domain",        "7",    "topic",          "echo",
                                 "--peer=10.0.0.1", "/imu", "--no-multicast", "--once"};
  EXPECT_THAT(take_network_options(words), ElementsAre("--domain", "7", "--peer=10.0.0.1", "--no-multicast"));
  EXPECT_THAT(words, ElementsAre("topic", "echo", "/imu", "--once"));
}

TEST(NetworkOptions, OthersAreLeftAlone) {
  std::vector<std::string> words{"topic", "pub", "/domain", "std_msgs/String", "--peers", "--domain"};
  EXPECT_THAT(take_network_options(words),
              ElementsAre("--domain"));  // its value is missing: said by the parser
  EXPECT_THAT(words, ElementsAre("topic", "pub", "/domain", "std_msgs/String", "--peers"));
  words = {"topic", "list"};
  EXPECT_THAT(take_network_options(words), IsEmpty());
}

}  // namespace
}  // namespace rtctl
