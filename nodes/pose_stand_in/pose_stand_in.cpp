// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <tactus/node.hpp>

#include "pose_message.hpp"

/// Stands in for SLAM until there is one: passes on the newest true pose, with seeded noise, at the rate it
/// is called with.
class PoseStandIn final : public tactus::Node {
 public:
  explicit PoseStandIn(tactus::NodeContext& context)
      : truth_{context.subscribe<geometry_msgs::msg::PoseStamped>("ground_truth", {.depth = 64})},
        correction_{context.advertise<geometry_msgs::msg::PoseStamped>("correction")},
        position_noise_{context.parameter(
            "position_noise", 0.0, {.min = 0, .max = 1, .unit = "m", .help = "standard deviation per axis"})},
        rotation_noise_{
            context.parameter("rotation_noise", 0.0,
                              {.min = 0, .max = 1, .unit = "rad", .help = "standard deviation per axis"})},
        random_{context.parameter<std::uint64_t>("seed", 7, {.min = 0, .help = "noise"})} {}

  void step(const tactus::Cycle&) override {
    const auto truth = truth_.latest();
    if (!truth) return;
    auto correction = correction_.loan();
    if (!correction) return;
    const Eigen::Vector3d turn = noise(rotation_noise_);
    const double angle = turn.norm();
    const Eigen::Quaterniond disturbance{
        Eigen::AngleAxisd{angle, angle > 0 ? Eigen::Vector3d{turn / angle} : Eigen::Vector3d::UnitX()}};
    xr::write_pose(xr::stamp_ns(truth->header.stamp),
                   xr::to_eigen(truth->pose.position) + noise(position_noise_),
                   xr::to_eigen(truth->pose.orientation) * disturbance, *correction);
    correction.captured_at(truth.captured());
    correction_.publish(std::move(correction));
  }

 private:
  Eigen::Vector3d noise(double deviation) {
    return deviation * Eigen::Vector3d{normal_(random_), normal_(random_), normal_(random_)};
  }

  tactus::Subscriber<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> correction_;
  double position_noise_, rotation_noise_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};
TACTUS_NODE(PoseStandIn)
