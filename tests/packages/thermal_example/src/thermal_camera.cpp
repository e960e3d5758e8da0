// SPDX-License-Identifier: Apache-2.0
#include <tactus/node.hpp>
#include <thermal_example/msg/thermal_image.hpp>

/// A picture of 20 degrees with one hot pixel, which moves by one with every picture.
class ThermalCamera final : public tactus::Node {
 public:
  explicit ThermalCamera(tactus::NodeContext& context)
      : image_{context.advertise<thermal_example::msg::ThermalImage>("image", {.max_bytes = 16384})},
        hottest_{context.parameter("hottest", 80.0, {.min = 20.0, .max = 200.0, .unit = "degC"})} {}

  void step(const tactus::Cycle& cycle) override {
    auto image = image_.loan();
    if (!image) return;
    image->header.frame_id = "thermal";
    image->width = kWidth;
    image->height = kHeight;
    image->celsius.resize(kWidth * kHeight);
    for (float& celsius : image->celsius) celsius = 20.0F;
    image->celsius[cycle.index() % (kWidth * kHeight)] = static_cast<float>(hottest_);
    image_.publish(std::move(image));
  }

 private:
  static constexpr std::uint16_t kWidth = 32, kHeight = 24;
  tactus::Publisher<thermal_example::msg::ThermalImage> image_;
  double hottest_;
};
TACTUS_NODE(ThermalCamera)
