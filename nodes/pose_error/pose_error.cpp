// SPDX-License-Identifier: Apache-2.0
#include <numbers>
#include <tactus/node.hpp>

#include "motion_message.hpp"
#include "pose_comparison.hpp"

/// How far a stream of poses is from the truth.
class PoseError final : public tactus::Node {
 public:
  explicit PoseError(tactus::NodeContext& context)
      : log_{context.log()},
        pose_{context.subscribe<geometry_msgs::msg::PoseStamped>("pose", {.depth = 64})},
        truth_{context.subscribe<geometry_msgs::msg::PoseStamped>("ground_truth", {.depth = 64})},
        position_error_{context.metric("position_error", {.unit = "mm"})},
        rotation_error_{context.metric("rotation_error", {.unit = "deg"})} {}

  void step(const tactus::Cycle&) override {
    while (const auto truth = truth_.take()) comparison_.add_truth(xr::read_pose(*truth));
    while (const auto pose = pose_.take()) comparison_.add(xr::read_pose(*pose));
    while (const auto distance = comparison_.next()) {
      position_error_.record(1e3 * distance->metres);
      rotation_error_.record(180 / std::numbers::pi * distance->radians);
    }
  }

  void stop() override {
    if (!comparison_.has_truth()) log_.warn("no ground truth came: the pose error was not measured");
  }

 private:
  tactus::Log& log_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> pose_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Metric position_error_, rotation_error_;
  xr::PoseComparison comparison_;
};
TACTUS_NODE(PoseError)
