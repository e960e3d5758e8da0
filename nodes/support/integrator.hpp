// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <optional>

#include "tactus/state.hpp"

namespace xr {

struct ImuSample {
  std::int64_t stamp_ns = 0;
  Eigen::Vector3d angular_velocity = Eigen::Vector3d::Zero();     ///< rad/s, body
  Eigen::Vector3d linear_acceleration = Eigen::Vector3d::Zero();  ///< m/s^2, body, gravity included
};

struct MotionState {
  std::int64_t stamp_ns = 0;
  Eigen::Vector3d position = Eigen::Vector3d::Zero();               ///< m, world (z up)
  Eigen::Vector3d velocity = Eigen::Vector3d::Zero();               ///< m/s, world
  Eigen::Quaterniond orientation = Eigen::Quaterniond::Identity();  ///< body to world
};

struct ImuBias {
  Eigen::Vector3d angular_velocity = Eigen::Vector3d::Zero();
  Eigen::Vector3d linear_acceleration = Eigen::Vector3d::Zero();
};

/// One RK4 step from a's stamp to b's; measurements in between are interpolated.
[[nodiscard]] MotionState integrate(const MotionState& from, const ImuSample& a, const ImuSample& b,
                                    const ImuBias& bias, double gravity);

/// Head pose from an IMU and rare, late corrections. A correction is applied at its own time, and what the
/// IMU said since is integrated again. Velocity and biases follow from how far the prediction missed. Samples
/// more than a second apart are two streams: it begins anew, with the biases it knows. Fixed memory; bounded
/// time per call.
class PoseEstimator {
 public:
  explicit PoseEstimator(double gravity) : gravity_{gravity} {}

  /// False, and ignored: not after the last one, or no measurement (not finite, beyond any sensor).
  bool add_imu(const ImuSample& sample);
  /// A pose from the outside (SLAM, ground truth) at its stamp. False, and ignored: not after the last one,
  /// older than the history, a second ahead of the IMU, or no pose (not finite, no rotation).
  bool correct(std::int64_t stamp_ns, const Eigen::Vector3d& position, const Eigen::Quaterniond& orientation);

  /// The newest state; empty before the first correction.
  [[nodiscard]] const std::optional<MotionState>& state() const { return state_; }
  /// Of the newest sample, without its bias: rad/s, body. Zero before the first sample.
  [[nodiscard]] Eigen::Vector3d angular_velocity() const;
  [[nodiscard]] const ImuBias& bias() const { return bias_; }

  static constexpr std::uint32_t kStateVersion = 1;
  /// All that it knows, gravity aside: 29 kB at most.
  void save(tactus::StateWriter& to) const;
  /// Of a fresh one. Throws ContractBroken when that is no state of an estimator; it is to be thrown away
  /// then.
  void restore(tactus::StateReader& from);

 private:
  static constexpr std::size_t kHistory = 512;  ///< samples; 2.5 s at 200 Hz

  void begin_anew();
  [[nodiscard]] const ImuSample& sample(std::uint64_t index) const { return history_[index % kHistory]; }
  [[nodiscard]] MotionState replay(MotionState state, std::int64_t until_ns) const;
  void learn(const MotionState& predicted, const Eigen::Vector3d& position,
             const Eigen::Quaterniond& orientation, MotionState& corrected);

  double gravity_;
  std::array<ImuSample, kHistory> history_;
  std::uint64_t count_ = 0;
  std::optional<MotionState> base_;   ///< at the last correction
  std::optional<MotionState> state_;  ///< at the newest sample
  ImuBias bias_;
  std::uint64_t corrections_ = 0;
};

}  // namespace xr
