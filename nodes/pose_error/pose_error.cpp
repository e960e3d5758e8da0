// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <numbers>
#include <tactus/node.hpp>
#include <xr_msgs/msg/pose_error.hpp>

#include "pose_message.hpp"

/// How far an estimated pose is from the truth at the same time. Says mean and maximum when it stops.
class PoseError final : public tactus::Node {
 public:
  explicit PoseError(tactus::NodeContext& context)
      : estimate_{context.subscribe<geometry_msgs::msg::PoseStamped>("estimate", {.depth = 64})},
        truth_{context.subscribe<geometry_msgs::msg::PoseStamped>("ground_truth", {.depth = 64})},
        error_{context.advertise<xr_msgs::msg::PoseError>("pose_error")},
        settle_ns_{static_cast<std::int64_t>(
            1e9 * context.parameter(
                      "settle", 1.0,
                      {.min = 0, .max = 60, .unit = "s", .help = "not counted after the first estimate"}))},
        log_{context.log()} {}

  void step(const tactus::Cycle&) override {
    while (const auto truth = truth_.take())
      keep({xr::stamp_ns(truth->header.stamp), xr::to_eigen(truth->pose.position),
            xr::to_eigen(truth->pose.orientation)});
    while (const auto estimate = estimate_.take()) {
      compare({xr::stamp_ns(estimate->header.stamp), xr::to_eigen(estimate->pose.position),
               xr::to_eigen(estimate->pose.orientation)});
    }
  }

  void stop() override {
    if (counted_ == 0) {
      log_.warn("pose error: no estimate could be compared with the truth");
      return;
    }
    const double n = static_cast<double>(counted_);
    log_.info("pose error over {} poses: mean {:.1f} mm {:.2f} deg, largest {:.1f} mm {:.2f} deg", counted_,
              1e3 * sum_m_ / n, degrees(sum_rad_ / n), 1e3 * most_m_, degrees(most_rad_));
  }

 private:
  struct Pose {
    std::int64_t stamp_ns = 0;
    Eigen::Vector3d position = Eigen::Vector3d::Zero();
    Eigen::Quaterniond orientation = Eigen::Quaterniond::Identity();
  };

  static double degrees(double rad) { return rad * 180 / std::numbers::pi; }

  void keep(const Pose& truth) { history_[count_++ % history_.size()] = truth; }

  /// The truth at that time, between two samples; false when it is outside of what is known.
  bool truth_at(std::int64_t stamp, Pose& truth) const {
    const std::uint64_t oldest = count_ > history_.size() ? count_ - history_.size() : 0;
    for (std::uint64_t i = count_; i-- > oldest;) {
      const Pose& a = history_[i % history_.size()];
      if (a.stamp_ns > stamp) continue;
      if (a.stamp_ns == stamp) {
        truth = a;
        return true;
      }
      if (i + 1 == count_) return false;
      const Pose& b = history_[(i + 1) % history_.size()];
      const double s = static_cast<double>(stamp - a.stamp_ns) / static_cast<double>(b.stamp_ns - a.stamp_ns);
      truth = {stamp, a.position + s * (b.position - a.position), a.orientation.slerp(s, b.orientation)};
      return true;
    }
    return false;
  }

  void compare(const Pose& estimate) {
    Pose truth;
    if (!truth_at(estimate.stamp_ns, truth)) return;
    if (first_ns_ == 0) first_ns_ = estimate.stamp_ns;
    const double metres = (estimate.position - truth.position).norm();
    const double radians = estimate.orientation.angularDistance(truth.orientation);
    if (auto error = error_.loan()) {
      xr::set_stamp_ns(error->header.stamp, estimate.stamp_ns);
      error->header.frame_id = "world";
      error->translation = metres;
      error->rotation = radians;
      error_.publish(std::move(error));
    }
    if (estimate.stamp_ns - first_ns_ < settle_ns_) return;
    ++counted_;
    sum_m_ += metres;
    sum_rad_ += radians;
    most_m_ = std::max(most_m_, metres);
    most_rad_ = std::max(most_rad_, radians);
  }

  tactus::Subscriber<geometry_msgs::msg::PoseStamped> estimate_, truth_;
  tactus::Publisher<xr_msgs::msg::PoseError> error_;
  std::int64_t settle_ns_;
  tactus::Log& log_;
  std::array<Pose, 256> history_;
  std::uint64_t count_ = 0, counted_ = 0;
  std::int64_t first_ns_ = 0;
  double sum_m_ = 0, sum_rad_ = 0, most_m_ = 0, most_rad_ = 0;
};
TACTUS_NODE(PoseError)
