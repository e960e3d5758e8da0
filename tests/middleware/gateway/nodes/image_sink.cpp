// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sensor_msgs/msg/image.hpp>
#include <std_msgs/msg/u_int64.hpp>
#include <tactus/node.hpp>

/// Counts the pictures of an image_source that arrived whole, in order, and with their capture time.
class ImageSink final : public tactus::Node {
 public:
  explicit ImageSink(tactus::NodeContext& context)
      : image_{context.subscribe<sensor_msgs::msg::Image>("image")},
        good_{context.advertise<std_msgs::msg::UInt64>("good", {.history = 1})} {}

  void step(const tactus::Cycle&) override {
    while (auto image = image_.take()) {
      const bool whole = std::ranges::all_of(
          image->data, [&](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(image->step); });
      if (whole && image->step > last_ && tactus::to_ns(image.captured()) == 1'000 + image->step) ++count_;
      last_ = image->step;
    }
    if (auto good = good_.loan()) {
      good->data = count_;
      good_.publish(std::move(good));
    }
  }

 private:
  tactus::Subscriber<sensor_msgs::msg::Image> image_;
  tactus::Publisher<std_msgs::msg::UInt64> good_;
  std::uint64_t count_ = 0;
  std::uint32_t last_ = 0;
};
TACTUS_NODE(ImageSink)
