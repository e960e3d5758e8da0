// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <random>
#include <tactus/node.hpp>

#include "motion.hpp"
#include "pose_message.hpp"

/// Stands in for SLAM: passes on the newest true pose, with seeded noise, at the rate it is called with.
class PoseStandIn final : public tactus::Node {
 public:
  explicit PoseStandIn(tactus::NodeContext& context)
      : log_{context.log()},
        truth_{context.subscribe<geometry_msgs::msg::PoseStamped>("ground_truth", {.depth = 64})},
        correction_{context.advertise<geometry_msgs::msg::PoseStamped>("correction")},
        position_noise_{
            1e-3 *
            context.parameter("position_noise", 0.0,
                              {.min = 0, .max = 1000, .unit = "mm", .help = "standard deviation per axis"})},
        rotation_noise_{
            std::numbers::pi / 180 *
            context.parameter("rotation_noise", 0.0,
                              {.min = 0, .max = 90, .unit = "deg", .help = "standard deviation per axis"})},
        random_{context.parameter<std::uint64_t>("seed", 7, {.min = 0, .help = "noise"})} {}

  void start() override {
    log_.info("stand-in for SLAM: ground truth with noise of {} mm and {} deg", 1e3 * position_noise_,
              180 / std::numbers::pi * rotation_noise_);
  }

  void step(const tactus::Cycle&) override {
    const auto truth = truth_.latest();
    if (!truth) return;
    auto correction = correction_.loan();
    if (!correction) return;
    const Eigen::Quaterniond disturbance = xr::rotation_of(noise(rotation_noise_));
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

  tactus::Log& log_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> correction_;
  double position_noise_, rotation_noise_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};
TACTUS_NODE(PoseStandIn)
