// SPDX-License-Identifier: Apache-2.0
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>

/// Numbered pictures: the step is the number, every byte its low part.
class ImageSource final : public tactus::Node {
 public:
  explicit ImageSource(tactus::NodeContext& context)
      : bytes_{context.parameter("bytes", std::int64_t{1000}, {.min = 1, .max = 8e6})},
        image_{context.advertise<sensor_msgs::msg::Image>(
            "image", {.max_bytes = static_cast<std::size_t>(bytes_) + 1024})} {}

  void step(const tactus::Cycle& cycle) override {
    auto image = image_.loan();
    if (!image) return;
    image->step = static_cast<std::uint32_t>(cycle.index() + 1);
    const auto bytes = image->data.resize(static_cast<std::size_t>(bytes_), tactus::for_overwrite);
    std::fill(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(image->step));
    image.captured_at(tactus::from_ns(1'000 + image->step));
    image_.publish(std::move(image));
  }

 private:
  std::int64_t bytes_;
  tactus::Publisher<sensor_msgs::msg::Image> image_;
};
TACTUS_NODE(ImageSource)
