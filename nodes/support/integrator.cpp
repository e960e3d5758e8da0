// SPDX-License-Identifier: Apache-2.0
#include "integrator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

namespace xr {
namespace {

constexpr std::int64_t kLongestGapNs = 1'000'000'000;
constexpr double kFastestTurn = 1e3, kStrongestAcceleration = 1e4;  // rad/s, m/s^2

bool is_measurement(const ImuSample& imu) {
  return imu.angular_velocity.norm() < kFastestTurn &&
         imu.linear_acceleration.norm() < kStrongestAcceleration;
}

bool is_pose(const Eigen::Vector3d& position, const Eigen::Quaterniond& orientation) {
  return position.allFinite() && std::abs(orientation.norm() - 1) < 0.1;
}

struct Derivative {
  Eigen::Vector3d velocity, acceleration;
  Eigen::Vector4d orientation;  ///< x, y, z, w
};

ImuSample interpolate(const ImuSample& a, const ImuSample& b, double s) {
  return {a.stamp_ns + static_cast<std::int64_t>(s * static_cast<double>(b.stamp_ns - a.stamp_ns)),
          a.angular_velocity + s * (b.angular_velocity - a.angular_velocity),
          a.linear_acceleration + s * (b.linear_acceleration - a.linear_acceleration)};
}

Derivative derivative(const MotionState& state, const ImuSample& imu, const ImuBias& bias, double gravity) {
  const Eigen::Vector3d w = 0.5 * (imu.angular_velocity - bias.angular_velocity);
  const Eigen::Quaterniond q_dot = state.orientation * Eigen::Quaterniond{0, w.x(), w.y(), w.z()};
  const Eigen::Vector3d force = imu.linear_acceleration - bias.linear_acceleration;
  // The factor keeps the rotation exact while the quaternion's length drifts inside the step.
  return {state.velocity, state.orientation.normalized() * force - gravity * Eigen::Vector3d::UnitZ(),
          q_dot.coeffs()};
}

MotionState advance(const MotionState& from, const Derivative& d, double dt) {
  MotionState to = from;
  to.position += dt * d.velocity;
  to.velocity += dt * d.acceleration;
  to.orientation.coeffs() += dt * d.orientation;
  return to;
}

Eigen::Vector3d rotation_vector(Eigen::Quaterniond q) {
  if (q.w() < 0) q.coeffs() *= -1;
  const Eigen::AngleAxisd turn{q};
  return turn.angle() * turn.axis();
}

void put(tactus::StateWriter& to, const Eigen::Vector3d& vector) { to.put_all(std::span{vector.data(), 3}); }
void get(tactus::StateReader& from, Eigen::Vector3d& vector) { from.get_all(std::span{vector.data(), 3}); }

void put(tactus::StateWriter& to, const std::optional<MotionState>& state) {
  to.put(state.has_value());
  if (!state) return;
  to.put(state->stamp_ns);
  put(to, state->position);
  put(to, state->velocity);
  to.put_all(std::span{state->orientation.coeffs().data(), 4});
}
void get(tactus::StateReader& from, std::optional<MotionState>& state) {
  if (!from.get<bool>()) return state.reset();
  MotionState& got = state.emplace();
  got.stamp_ns = from.get<std::int64_t>();
  get(from, got.position);
  get(from, got.velocity);
  from.get_all(std::span{got.orientation.coeffs().data(), 4});
  TACTUS_EXPECT(got.position.allFinite() && got.velocity.allFinite(), "a state of finite numbers");
  TACTUS_EXPECT(is_pose(got.position, got.orientation), "a state with a rotation");
}

}  // namespace

void PoseEstimator::save(tactus::StateWriter& to) const {
  to.put(count_);
  to.put(corrections_);
  put(to, base_);
  put(to, state_);
  put(to, bias_.angular_velocity);
  put(to, bias_.linear_acceleration);
  for (std::uint64_t i = count_ - std::min<std::uint64_t>(count_, kHistory); i < count_; ++i) {
    to.put(sample(i).stamp_ns);
    put(to, sample(i).angular_velocity);
    put(to, sample(i).linear_acceleration);
  }
}

void PoseEstimator::restore(tactus::StateReader& from) {
  count_ = from.get<std::uint64_t>();
  corrections_ = from.get<std::uint64_t>();
  get(from, base_);
  get(from, state_);
  get(from, bias_.angular_velocity);
  get(from, bias_.linear_acceleration);
  for (std::uint64_t i = count_ - std::min<std::uint64_t>(count_, kHistory); i < count_; ++i) {
    ImuSample& got = history_[i % kHistory];
    got.stamp_ns = from.get<std::int64_t>();
    get(from, got.angular_velocity);
    get(from, got.linear_acceleration);
    TACTUS_EXPECT(is_measurement(got), "a history of measurements");
  }
}

MotionState integrate(const MotionState& from, const ImuSample& a, const ImuSample& b, const ImuBias& bias,
                      double gravity) {
  TACTUS_INSIDE_EXPECT(a.stamp_ns <= b.stamp_ns, "samples in the order of their stamps");
  const double dt = 1e-9 * static_cast<double>(b.stamp_ns - a.stamp_ns);
  const ImuSample middle = interpolate(a, b, 0.5);
  const Derivative k1 = derivative(from, a, bias, gravity);
  const Derivative k2 = derivative(advance(from, k1, dt / 2), middle, bias, gravity);
  const Derivative k3 = derivative(advance(from, k2, dt / 2), middle, bias, gravity);
  const Derivative k4 = derivative(advance(from, k3, dt), b, bias, gravity);
  MotionState to = from;
  to.position += dt / 6 * (k1.velocity + 2 * k2.velocity + 2 * k3.velocity + k4.velocity);
  to.velocity += dt / 6 * (k1.acceleration + 2 * k2.acceleration + 2 * k3.acceleration + k4.acceleration);
  to.orientation.coeffs() +=
      dt / 6 * (k1.orientation + 2 * k2.orientation + 2 * k3.orientation + k4.orientation);
  to.orientation.normalize();
  to.stamp_ns = b.stamp_ns;
  return to;
}

Eigen::Vector3d PoseEstimator::angular_velocity() const {
  if (count_ == 0) return Eigen::Vector3d::Zero();
  return sample(count_ - 1).angular_velocity - bias_.angular_velocity;
}

bool PoseEstimator::add_imu(const ImuSample& added) {
  if (!is_measurement(added)) return false;
  const std::int64_t before = count_ > 0 ? sample(count_ - 1).stamp_ns
                              : base_    ? base_->stamp_ns
                                         : added.stamp_ns;
  if (std::abs(added.stamp_ns - before) > kLongestGapNs) begin_anew();
  if (count_ > 0 && added.stamp_ns <= before) return false;
  history_[count_ % kHistory] = added;
  ++count_;
  if (state_ && count_ > 1 && state_->stamp_ns < added.stamp_ns) state_ = replay(*state_, added.stamp_ns);
  return true;
}

void PoseEstimator::begin_anew() {
  count_ = corrections_ = 0;
  base_.reset();
  state_.reset();
}

/// From the state's stamp to `until_ns` over the recorded samples; the ends may lie between two of them.
MotionState PoseEstimator::replay(MotionState state, std::int64_t until_ns) const {
  const std::uint64_t oldest = count_ > kHistory ? count_ - kHistory : 0;
  std::uint64_t i = count_ == 0 ? 0 : count_ - 1;
  while (i > oldest && sample(i).stamp_ns > state.stamp_ns) --i;
  for (; i + 1 < count_ && state.stamp_ns < until_ns; ++i) {
    const ImuSample &a = sample(i), &b = sample(i + 1);
    const double length = static_cast<double>(b.stamp_ns - a.stamp_ns);
    const auto at = [&](std::int64_t stamp) {
      ImuSample between =
          interpolate(a, b, std::clamp(static_cast<double>(stamp - a.stamp_ns) / length, 0.0, 1.0));
      between.stamp_ns = stamp;
      return between;
    };
    const std::int64_t end = std::min(b.stamp_ns, until_ns);
    if (end > state.stamp_ns) state = integrate(state, at(state.stamp_ns), at(end), bias_, gravity_);
  }
  state.stamp_ns =
      std::max(state.stamp_ns, std::min(until_ns, count_ == 0 ? until_ns : sample(count_ - 1).stamp_ns));
  return state;
}

bool PoseEstimator::correct(std::int64_t stamp_ns, const Eigen::Vector3d& position,
                            const Eigen::Quaterniond& orientation) {
  const std::uint64_t oldest = count_ > kHistory ? count_ - kHistory : 0;
  const bool fits_imu = count_ == 0 || (stamp_ns >= sample(oldest).stamp_ns &&
                                        stamp_ns <= sample(count_ - 1).stamp_ns + kLongestGapNs);
  if (!fits_imu || !is_pose(position, orientation) || (base_ && stamp_ns <= base_->stamp_ns)) return false;
  MotionState corrected;
  if (base_) learn(replay(*base_, stamp_ns), position, orientation, corrected);
  corrected.stamp_ns = stamp_ns;
  corrected.position = position;
  corrected.orientation = orientation.normalized();
  base_ = corrected;
  ++corrections_;
  state_ = count_ == 0 ? corrected : replay(corrected, std::max(stamp_ns, sample(count_ - 1).stamp_ns));
  return true;
}

/// The miss of the prediction over the time since the last correction says how wrong velocity and biases
/// were.
void PoseEstimator::learn(const MotionState& predicted, const Eigen::Vector3d& position,
                          const Eigen::Quaterniond& orientation, MotionState& corrected) {
  constexpr double kBiasGain = 0.05;
  constexpr double kLargestGyroBias = 0.2, kLargestAccelerationBias = 1.0;
  const double dt = 1e-9 * static_cast<double>(predicted.stamp_ns - base_->stamp_ns);
  if (dt <= 0 || dt > 1.0) {  // too long ago to learn from
    corrected.velocity = predicted.velocity;
    return;
  }
  const Eigen::Vector3d velocity_miss = (position - predicted.position) / dt;
  corrected.velocity = predicted.velocity + velocity_miss;
  if (corrections_ < 3) return;  // the first misses are the unknown velocity's
  const Eigen::Vector3d turn_miss = rotation_vector(predicted.orientation.conjugate() * orientation) / dt;
  bias_.angular_velocity =
      (bias_.angular_velocity - kBiasGain * turn_miss).cwiseMax(-kLargestGyroBias).cwiseMin(kLargestGyroBias);
  const Eigen::Vector3d force_miss = orientation.conjugate() * (velocity_miss / dt);
  bias_.linear_acceleration = (bias_.linear_acceleration - kBiasGain * force_miss)
                                  .cwiseMax(-kLargestAccelerationBias)
                                  .cwiseMin(kLargestAccelerationBias);
}

}  // namespace xr
