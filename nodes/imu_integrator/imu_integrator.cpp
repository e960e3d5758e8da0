// SPDX-License-Identifier: Apache-2.0
#include <tactus/node.hpp>
#include <tactus/state.hpp>

#include "integrator.hpp"
#include "motion_message.hpp"

/// Head pose at the IMU's rate: integrates from the newest correction to now. Publishes nothing before the
/// first correction, because there is no pose to start from.
class ImuIntegrator final : public tactus::Node, public tactus::Stateful {
 public:
  explicit ImuIntegrator(tactus::NodeContext& context)
      : imu_{context.subscribe<sensor_msgs::msg::Imu>("imu", {.depth = 64})},
        correction_{context.subscribe<geometry_msgs::msg::PoseStamped>("correction", {.optional = true})},
        pose_{context.advertise<geometry_msgs::msg::PoseStamped>("pose")},
        odometry_{context.advertise<nav_msgs::msg::Odometry>("odometry")},
        ignored_samples_{
            context.metric("ignored_samples", {.help = "1 each: no measurement, or back in time"})},
        ignored_corrections_{context.metric("ignored_corrections", {.help = "1 each: no pose, or too old"})},
        estimator_{context.parameter("gravity", 9.81, {.min = 9.7, .max = 9.9, .unit = "m/s^2"})} {}

  [[nodiscard]] std::uint32_t state_version() const noexcept override {
    return xr::PoseEstimator::kStateVersion;
  }
  void save(tactus::StateWriter& to) const override { estimator_.save(to); }
  void restore(tactus::StateReader& from, std::uint32_t version) override {
    TACTUS_EXPECT(version == state_version(), "a state of version 1");
    estimator_.restore(from);
  }

  void step(const tactus::Cycle&) override {
    while (const auto correction = correction_.take()) {
      const bool taken =
          estimator_.correct(xr::stamp_ns(correction->header.stamp), xr::to_eigen(correction->pose.position),
                             xr::to_eigen(correction->pose.orientation));
      if (!taken) ignored_corrections_.record(1);
    }
    tactus::Time captured{};
    while (const auto imu = imu_.take()) {
      const bool taken =
          estimator_.add_imu({xr::stamp_ns(imu->header.stamp), xr::to_eigen(imu->angular_velocity),
                              xr::to_eigen(imu->linear_acceleration)});
      if (taken)
        captured = imu.captured();
      else
        ignored_samples_.record(1);
    }
    const auto& state = estimator_.state();
    if (!state || captured == tactus::Time{}) return;
    if (auto pose = pose_.loan()) {
      xr::write_pose(state->stamp_ns, state->position, state->orientation, *pose);
      pose.captured_at(captured);
      pose_.publish(std::move(pose));
    }
    if (auto odometry = odometry_.loan()) {
      xr::write_odometry({{state->stamp_ns, state->position, state->orientation},
                          state->velocity,
                          estimator_.angular_velocity()},
                         *odometry);
      odometry.captured_at(captured);
      odometry_.publish(std::move(odometry));
    }
  }

 private:
  tactus::Subscriber<sensor_msgs::msg::Imu> imu_;
  tactus::Subscriber<geometry_msgs::msg::PoseStamped> correction_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> pose_;
  tactus::Publisher<nav_msgs::msg::Odometry> odometry_;
  tactus::Metric ignored_samples_, ignored_corrections_;
  xr::PoseEstimator estimator_;
};
TACTUS_NODE(ImuIntegrator)
