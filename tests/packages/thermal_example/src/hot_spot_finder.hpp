// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <tactus/node.hpp>
#include <thermal_example/msg/hot_spot.hpp>
#include <thermal_example/msg/thermal_image.hpp>

/// Publishes the hottest pixel of every picture that holds one above the threshold.
class HotSpotFinder final : public tactus::Node {
 public:
  explicit HotSpotFinder(tactus::NodeContext& context)
      : image_{context.subscribe<thermal_example::msg::ThermalImage>("image")},
        hot_spot_{context.advertise<thermal_example::msg::HotSpot>("hot_spot")},
        threshold_{context.parameter("threshold", 50.0, {.unit = "degC"})} {}

  void step(const tactus::Cycle&) override {
    while (auto image = image_.take()) find(*image);
  }

 private:
  void find(const thermal_example::msg::ThermalImage& image) {
    const auto hottest = std::max_element(image.celsius.begin(), image.celsius.end());
    if (hottest == image.celsius.end() || *hottest < threshold_) return;
    const auto index = hottest - image.celsius.begin();
    auto spot = hot_spot_.loan();
    if (!spot) return;
    spot->header = image.header;
    spot->position.x = static_cast<double>(index % image.width);
    spot->position.y = static_cast<double>(index / image.width);
    spot->celsius = *hottest;
    hot_spot_.publish(std::move(spot));
  }

  tactus::Subscriber<thermal_example::msg::ThermalImage> image_;
  tactus::Publisher<thermal_example::msg::HotSpot> hot_spot_;
  double threshold_;
};
