// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <tactus/node.hpp>

#include "rig_message.hpp"
#include "trajectory.hpp"

/// A headset without hardware: seeded motion, its IMU with noise and bias, the true pose, and where its
/// cameras sit.
class SyntheticHeadset final : public tactus::Node {
 public:
  explicit SyntheticHeadset(tactus::NodeContext& context)
      : imu_{context.advertise<sensor_msgs::msg::Imu>("imu")},
        truth_{context.advertise<geometry_msgs::msg::PoseStamped>("ground_truth")},
        transforms_{context.advertise<tf2_msgs::msg::TFMessage>("tf_static",
                                                                {.max_bytes = xr::kRigBytes, .history = 1})},
        seed_{context.parameter<std::uint64_t>("seed", 7, {.min = 0, .help = "trajectory and noise"})},
        gyro_noise_{context.parameter(
            "gyro_noise", 0.002,
            {.min = 0, .max = 1, .unit = "rad/s", .help = "standard deviation per sample"})},
        acceleration_noise_{context.parameter(
            "acceleration_noise", 0.02,
            {.min = 0, .max = 10, .unit = "m/s^2", .help = "standard deviation per sample"})},
        gyro_bias_{
            context.parameter("gyro_bias", 0.01,
                              {.min = 0, .max = 1, .unit = "rad/s", .help = "constant, along (1, -1, 0.5)"})},
        acceleration_bias_{
            context.parameter("acceleration_bias", 0.05,
                              {.min = 0, .max = 5, .unit = "m/s^2", .help = "constant, along (1, -1, 0.5)"})},
        gravity_{context.parameter("gravity", 9.81, {.min = 9.7, .max = 9.9, .unit = "m/s^2"})},
        trajectory_{seed_},
        random_{seed_} {}

  void step(const tactus::Cycle& cycle) override {
    const std::int64_t stamp = tactus::to_ns(cycle.released());
    if (cycle.index() == 0) publish_rig(stamp);
    const double t = xr::Trajectory::seconds(stamp);
    if (auto truth = truth_.loan()) {
      xr::write_pose(stamp, trajectory_.position(t), trajectory_.orientation(t), *truth);
      truth.captured_at(cycle.released());
      truth_.publish(std::move(truth));
    }
    if (auto imu = imu_.loan()) {
      xr::write_imu(measure(stamp, t), *imu);
      imu.captured_at(cycle.released());
      imu_.publish(std::move(imu));
    }
  }

 private:
  void publish_rig(std::int64_t stamp) {
    if (auto transforms = transforms_.loan()) {
      xr::write_rig(stamp, xr::synthetic_rig(), *transforms);
      transforms_.publish(std::move(transforms));
    }
  }
  xr::ImuSample measure(std::int64_t stamp, double t) {
    const Eigen::Vector3d bias{1, -1, 0.5};
    const Eigen::Vector3d force = trajectory_.acceleration(t) + gravity_ * Eigen::Vector3d::UnitZ();
    return {stamp, trajectory_.angular_velocity(t) + gyro_bias_ * bias + noise(gyro_noise_),
            trajectory_.orientation(t).conjugate() * force + acceleration_bias_ * bias +
                noise(acceleration_noise_)};
  }
  Eigen::Vector3d noise(double deviation) {
    return deviation * Eigen::Vector3d{normal_(random_), normal_(random_), normal_(random_)};
  }

  tactus::Publisher<sensor_msgs::msg::Imu> imu_;
  tactus::Publisher<geometry_msgs::msg::PoseStamped> truth_;
  tactus::Publisher<tf2_msgs::msg::TFMessage> transforms_;
  std::uint64_t seed_;
  double gyro_noise_, acceleration_noise_, gyro_bias_, acceleration_bias_, gravity_;
  xr::Trajectory trajectory_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};
TACTUS_NODE(SyntheticHeadset)
