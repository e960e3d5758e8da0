// SPDX-License-Identifier: Apache-2.0
#include "arbitrary_message.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <vector>

#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/registry.hpp"

namespace tactus::conformance {
namespace {

class ArbitraryMessage : public testing::Test {
 protected:
  template <typename T>
  const T& message(Values values, std::int64_t stamp_ns = 0) {
    EXPECT_TRUE(construct_message(type_info<T>(), bytes(), size(), values, stamp_ns, random_));
    return block_root<T>(bytes());
  }
  std::byte* bytes() { return reinterpret_cast<std::byte*>(memory_.data()); }
  [[nodiscard]] std::size_t size() const { return memory_.size() * 8; }

  std::vector<std::uint64_t> memory_ = std::vector<std::uint64_t>(1 << 15);
  std::mt19937 random_{1};
};

TEST_F(ArbitraryMessage, OfEveryKnownTypeIsAValidBlock) {
  for (const TypeInfo* type : known_types()) {
    for (const Values values : kExtremes) {
      ASSERT_TRUE(construct_message(*type, bytes(), size(), values, 0, random_)) << type->name;
      EXPECT_TRUE(BlockCheck{*type}(bytes(), size())) << type->name << ' ' << to_text(values);
    }
  }
}

TEST_F(ArbitraryMessage, OrdinaryOnesHoldTheDefaultsAndTheTime) {
  const auto& imu = message<sensor_msgs::msg::Imu>(Values::kDefault, 7'000'000'005);
  EXPECT_EQ(imu.orientation.w, 1);
  EXPECT_EQ(imu.header.stamp.sec, 7);
  EXPECT_EQ(imu.header.stamp.nanosec, 5U);
}

TEST_F(ArbitraryMessage, ExtremeOnesAreExtremeInEveryField) {
  EXPECT_EQ(message<sensor_msgs::msg::Imu>(Values::kZero).orientation.w, 0);
  EXPECT_TRUE(std::isnan(message<sensor_msgs::msg::Imu>(Values::kNotANumber).linear_acceleration.z));
  EXPECT_TRUE(std::isinf(message<sensor_msgs::msg::Imu>(Values::kInfinite).orientation_covariance[8]));
  EXPECT_EQ(message<sensor_msgs::msg::Imu>(Values::kSmallest).header.stamp.sec,
            std::numeric_limits<std::int32_t>::min());
  const auto& image = message<sensor_msgs::msg::Image>(Values::kLargest);
  EXPECT_EQ(image.width, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(image.data.size(), 3U);
  EXPECT_EQ(std::string_view{image.encoding}.size(), 500U);
}

TEST_F(ArbitraryMessage, WithoutRoomForItsTypeIsRefused) {
  EXPECT_FALSE(
      construct_message(type_info<sensor_msgs::msg::Imu>(), bytes(), 64, Values::kDefault, 0, random_));
}

}  // namespace
}  // namespace tactus::conformance
