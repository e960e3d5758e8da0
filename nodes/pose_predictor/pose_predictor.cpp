// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdlib>
#include <tactus/node.hpp>

#include "motion_message.hpp"

/// Where the head will be when the next frame is seen: constant velocities from the newest pose to the
/// display time.
class PosePredictor final : public tactus::Node {
 public:
  explicit PosePredictor(tactus::NodeContext& context)
      : odometry_{context.subscribe<nav_msgs::msg::Odometry>("odometry", {.depth = 64})},
        prediction_{context.advertise<xr_msgs::msg::PredictedPose>("predicted_pose")},
        period_ns_{std::llround(
            1e9 /
            context.parameter("display_rate", 90.0,
                              {.min = 1, .max = 1000, .unit = "Hz", .help = "frames begin on its grid"}))},
        latency_ns_{std::llround(
            1e6 *
            context.parameter(
                "display_latency", 11.1,
                {.min = 0, .max = 1000, .unit = "ms", .help = "from the begin of a frame to its light"}))},
        horizon_{context.metric("horizon", {.unit = "ms", .help = "from the pose to the display time"})},
        refused_{context.metric("refused_odometry",
                                {.unit = "ms", .help = "its horizon, 1 each: no number, or far off"})} {}

  void step(const tactus::Cycle& cycle) override {
    const auto odometry = odometry_.latest();
    if (!odometry) return;
    xr::Motion motion = xr::read_motion(*odometry);
    const std::int64_t origin_ns = motion.pose.stamp_ns;
    const std::int64_t display_ns = display_after(tactus::to_ns(cycle.now()));
    if (!xr::is_valid(motion) || std::abs(display_ns - origin_ns) > kLongestHorizonNs)
      return refused_.record(1e-6 * static_cast<double>(display_ns - origin_ns));
    motion.pose = xr::predict(motion, display_ns);
    horizon_.record(1e-6 * static_cast<double>(motion.pose.stamp_ns - origin_ns));
    if (auto prediction = prediction_.loan()) {
      xr::write_prediction(motion, origin_ns, *prediction);
      prediction_.publish(std::move(prediction));
    }
  }

 private:
  static constexpr std::int64_t kLongestHorizonNs = 1'500'000'000;  ///< the longest latency and some more

  /// The next frame begins at the next instant of the grid.
  [[nodiscard]] std::int64_t display_after(std::int64_t now_ns) const {
    return now_ns - now_ns % period_ns_ + period_ns_ + latency_ns_;
  }

  tactus::Subscriber<nav_msgs::msg::Odometry> odometry_;
  tactus::Publisher<xr_msgs::msg::PredictedPose> prediction_;
  std::int64_t period_ns_, latency_ns_;
  tactus::Metric horizon_, refused_;
};
TACTUS_NODE(PosePredictor)
