// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <nav_msgs/msg/odometry.hpp>
#include <optional>
#include <tactus/msg/codec.hpp>
#include <tactus/node.hpp>
#include <vector>

/// Writes what it takes, as it is encoded between hosts, to a file: one line of numbers per message. Stamps
/// count from the first: a recording is moved to the time at which it is played.
class BytesWriter final : public tactus::Node {
 public:
  explicit BytesWriter(tactus::NodeContext& context)
      : in_{context.subscribe<nav_msgs::msg::Odometry>("in", {.depth = 256})},
        file_{context.parameter("file", "bytes.txt")} {}

  void start() override { out_.open(file_); }
  void step(const tactus::Cycle&) override {
    while (const auto message = in_.take()) {
      copy_ = *message;
      const std::int64_t stamp_ns = copy_->header.stamp.sec * kSecond + copy_->header.stamp.nanosec;
      if (!first_ns_) first_ns_ = stamp_ns;
      copy_->header.stamp.sec = static_cast<std::int32_t>((stamp_ns - *first_ns_) / kSecond);
      copy_->header.stamp.nanosec = static_cast<std::uint32_t>((stamp_ns - *first_ns_) % kSecond);
      std::vector<std::byte> bytes(tactus::cdr_size(*copy_));
      tactus::write_cdr(*copy_, bytes);
      for (const std::byte byte : bytes) out_ << static_cast<int>(byte) << ' ';
      out_ << '\n';
    }
  }
  void stop() override { out_.close(); }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  tactus::Subscriber<nav_msgs::msg::Odometry> in_;
  std::string file_;
  std::ofstream out_;
  tactus::Message<nav_msgs::msg::Odometry> copy_;
  std::optional<std::int64_t> first_ns_;
};
TACTUS_NODE(BytesWriter)
