// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <numbers>
#include <sensor_msgs/msg/image.hpp>
#include <tactus/node.hpp>
#include <xr_msgs/msg/motion_to_photon.hpp>
#include <xr_msgs/msg/pose_error.hpp>

#include "motion_message.hpp"
#include "pose_comparison.hpp"

/// How old the motion in a frame is when it is seen, and how far the frame's pose is from the true one at
/// that instant.
class LatencyProbe final : public tactus::Node {
 public:
  explicit LatencyProbe(tactus::NodeContext& context)
      : log_{context.log()},
        motion_{context.chain("motion_to_photon")},
        frame_{context.subscribe<sensor_msgs::msg::Image>("frame")},
        frame_pose_{context.subscribe<xr_msgs::msg::PredictedPose>("frame_pose", {.depth = 32})},
        truth_{context.subscribe<geometry_msgs::msg::PoseStamped>("ground_truth",
                                                                  {.depth = 64, .optional = true})},
        latency_{context.advertise<xr_msgs::msg::MotionToPhoton>("motion_to_photon")},
        error_{context.advertise<xr_msgs::msg::PoseError>("pose_error")},
        period_ns_{std::llround(
            1e9 / context.parameter("display_rate", 90.0, {.min = 1, .max = 1000, .unit = "Hz"}))},
        settle_ns_{std::llround(
            1e9 *
            context.parameter("settle", 1.0,
                              {.min = 0, .max = 60, .unit = "s", .help = "not measured after the start"}))},
        latency_metric_{context.metric("motion_to_photon", {.unit = "ms"})},
        late_metric_{
            context.metric("late_frames", {.unit = "ms", .help = "after the display time, 1 per frame"})},
        position_metric_{context.metric("position_error", {.unit = "mm", .help = "at the display time"})},
        rotation_metric_{context.metric("rotation_error", {.unit = "deg", .help = "at the display time"})} {}

  void step(const tactus::Cycle&) override {
    while (const auto truth = truth_.take()) comparison_.add_truth(xr::read_pose(*truth));
    while (const auto pose = frame_pose_.take()) keep(*pose);
    while (const auto frame = frame_.take()) measure(frame);
    while (const auto distance = comparison_.next()) publish_error(*distance);
  }

  void stop() override {
    if (measured_ == 0) log_.warn("no frame with a picture came: nothing was measured");
    if (!motion_.declared()) log_.warn("the launch has no chain motion_to_photon: it was not measured");
    if (!comparison_.has_truth()) log_.info("no ground truth came: the pose error was not measured");
  }

 private:
  void keep(const xr_msgs::msg::PredictedPose& pose) {
    shown_[shown_count_++ % shown_.size()] = xr::read_motion(pose).pose;
  }

  [[nodiscard]] const xr::StampedPose* find_shown(std::int64_t display_ns) const {
    for (const xr::StampedPose& shown : shown_) {
      if (shown.stamp_ns == display_ns && display_ns != 0) return &shown;
    }
    return nullptr;
  }

  void measure(const tactus::Sample<sensor_msgs::msg::Image>& frame) {
    const std::int64_t display_ns = xr::stamp_ns(frame->header.stamp);
    const xr::StampedPose* shown = find_shown(display_ns);
    if (shown == nullptr) return;  // black
    if (measured_++ == 0) begin_ns_ = display_ns + settle_ns_;
    if (display_ns < begin_ns_) return;
    const std::int64_t late_ns = std::max<std::int64_t>(0, tactus::to_ns(frame.published()) - display_ns);
    if (late_ns > 0) late_metric_.record(1e-6 * static_cast<double>(late_ns));
    // Too late for its instant: it is seen at the next one of the display.
    const std::int64_t photon_ns = display_ns + (late_ns + period_ns_ - 1) / period_ns_ * period_ns_;
    if (const auto origin = motion_.origin(frame))
      publish_latency(photon_ns, photon_ns - tactus::to_ns(*origin), frame.header().sequence);
    if (comparison_.has_truth()) comparison_.add({photon_ns, shown->position, shown->orientation});
  }

  void publish_latency(std::int64_t photon_ns, std::int64_t latency_ns, std::uint64_t number) {
    latency_metric_.record(1e-6 * static_cast<double>(latency_ns));
    auto latency = latency_.loan();
    if (!latency) return;
    xr::set_stamp_ns(latency->header.stamp, photon_ns);
    xr::set_stamp_ns(latency->latency, latency_ns);
    latency->frame = number;
    latency_.publish(std::move(latency));
  }

  void publish_error(const xr::PoseDistance& distance) {
    position_metric_.record(1e3 * distance.metres);
    rotation_metric_.record(180 / std::numbers::pi * distance.radians);
    auto error = error_.loan();
    if (!error) return;
    xr::set_stamp_ns(error->header.stamp, distance.stamp_ns);
    error->header.frame_id = "world";
    error->translation = distance.metres;
    error->rotation = distance.radians;
    error_.publish(std::move(error));
  }

  tactus::Log& log_;
  tactus::Chain motion_;
  tactus::Subscriber<sensor_msgs::msg::Image> frame_;
  tactus::Subscriber<xr_msgs::msg::PredictedPose> frame_pose_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Publisher<xr_msgs::msg::MotionToPhoton> latency_;
  tactus::Publisher<xr_msgs::msg::PoseError> error_;
  std::int64_t period_ns_, settle_ns_;
  tactus::Metric latency_metric_, late_metric_, position_metric_, rotation_metric_;

  xr::PoseComparison comparison_;
  std::array<xr::StampedPose, 64> shown_;  ///< what the last frames show
  std::uint64_t shown_count_ = 0, measured_ = 0;
  std::int64_t begin_ns_ = 0;
};
TACTUS_NODE(LatencyProbe)
