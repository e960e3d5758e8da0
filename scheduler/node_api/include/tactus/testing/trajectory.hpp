// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tactus/middleware/time.hpp"

/// How accurate the poses of a component are, as tests ask it. The measures are those of the TUM RGB-D and
/// EuRoC benchmarks (Sturm et al., IROS 2012; Zhang and Scaramuzza, IROS 2018). Set-up code: allocates, any
/// thread.
namespace tactus::testing {

struct TrajectoryPose {
  Time stamp{};
  Eigen::Vector3d position = Eigen::Vector3d::Zero();               ///< m, in a fixed frame
  Eigen::Quaterniond orientation = Eigen::Quaterniond::Identity();  ///< of the body in it
};

/// Stamps increase.
using Trajectory = std::vector<TrajectoryPose>;

/// Of a geometry_msgs/PoseStamped.
template <typename PoseStamped>
[[nodiscard]] TrajectoryPose to_trajectory_pose(const PoseStamped& from) {
  const auto& position = from.pose.position;
  const auto& orientation = from.pose.orientation;
  return {from_ns(std::int64_t{from.header.stamp.sec} * 1'000'000'000 + from.header.stamp.nanosec),
          {position.x, position.y, position.z},
          Eigen::Quaterniond{orientation.w, orientation.x, orientation.y, orientation.z}.normalized()};
}

/// Statistics over all compared poses.
struct ErrorStatistics {
  double rmse = 0, mean = 0, median = 0, max = 0;
};
struct TrajectoryError {
  ErrorStatistics position;  ///< m
  ErrorStatistics rotation;  ///< rad
  std::size_t poses = 0;     ///< that were compared
};

namespace detail {

[[nodiscard]] inline ErrorStatistics statistics_of(std::vector<double> errors) {
  ErrorStatistics result;
  for (const double error : errors) {
    result.mean += error / static_cast<double>(errors.size());
    result.rmse += error * error / static_cast<double>(errors.size());
  }
  result.rmse = std::sqrt(result.rmse);
  std::ranges::sort(errors);
  result.median = errors[errors.size() / 2];
  result.max = errors.back();
  return result;
}

struct PosePair {
  TrajectoryPose estimate, truth;  ///< of one instant
};

/// Between the two poses around the instant; empty outside of the trajectory.
[[nodiscard]] inline std::optional<TrajectoryPose> pose_at(const Trajectory& trajectory, Time stamp) {
  const auto after = std::ranges::lower_bound(trajectory, stamp, {}, &TrajectoryPose::stamp);
  if (after == trajectory.end()) return std::nullopt;
  if (after->stamp == stamp) return *after;
  if (after == trajectory.begin()) return std::nullopt;
  const auto before = after - 1;
  const double share = static_cast<double>((stamp - before->stamp).count()) /
                       static_cast<double>((after->stamp - before->stamp).count());
  return TrajectoryPose{stamp, before->position + share * (after->position - before->position),
                        before->orientation.slerp(share, after->orientation)};
}

[[nodiscard]] inline std::vector<PosePair> pairs_of(const Trajectory& estimate, const Trajectory& truth) {
  std::vector<PosePair> pairs;
  for (const TrajectoryPose& pose : estimate) {
    if (const auto same = pose_at(truth, pose.stamp)) pairs.push_back({pose, *same});
  }
  if (pairs.size() < 3)
    throw std::invalid_argument{
        fmt::format("{} of {} poses lie within the true trajectory's time: at least 3 are needed",
                    pairs.size(), estimate.size())};
  return pairs;
}

/// The rigid transform that brings the estimated positions closest to the true ones (Umeyama, scale 1).
[[nodiscard]] inline Eigen::Isometry3d alignment_of(const std::vector<PosePair>& pairs) {
  Eigen::Matrix3Xd from(3, pairs.size()), to(3, pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    from.col(static_cast<Eigen::Index>(i)) = pairs[i].estimate.position;
    to.col(static_cast<Eigen::Index>(i)) = pairs[i].truth.position;
  }
  return Eigen::Isometry3d{Eigen::umeyama(from, to, false)};
}

[[nodiscard]] inline Eigen::Isometry3d transform_of(const TrajectoryPose& pose) {
  Eigen::Isometry3d transform{pose.orientation};
  transform.pretranslate(pose.position);
  return transform;
}

[[nodiscard]] inline double angle_of(const Eigen::Matrix3d& rotation) {
  return Eigen::Quaterniond{rotation}.angularDistance(Eigen::Quaterniond::Identity());
}

}  // namespace detail

/// Whether the estimate lives in a frame of its own, as that of a SLAM does, or in the truth's.
enum class Alignment { kRigid, kNone };

/// Absolute trajectory error (ATE): per pose of the estimate, how far it is from the true one at its stamp
/// (interpolated), after the alignment. Throws std::invalid_argument when fewer than 3 poses can be compared.
[[nodiscard]] inline TrajectoryError absolute_trajectory_error(const Trajectory& estimate,
                                                               const Trajectory& truth,
                                                               Alignment alignment = Alignment::kRigid) {
  const auto pairs = detail::pairs_of(estimate, truth);
  const Eigen::Isometry3d align =
      alignment == Alignment::kRigid ? detail::alignment_of(pairs) : Eigen::Isometry3d::Identity();
  std::vector<double> metres, radians;
  for (const auto& [pose, same] : pairs) {
    metres.push_back((align * pose.position - same.position).norm());
    radians.push_back(
        (Eigen::Quaterniond{align.rotation()} * pose.orientation).angularDistance(same.orientation));
  }
  return {detail::statistics_of(metres), detail::statistics_of(radians), pairs.size()};
}

/// Relative pose error (RPE): how wrong the motion over `interval` is, from every pose on: drift, whatever
/// the frame. Throws std::invalid_argument when the trajectories do not last that long together.
[[nodiscard]] inline TrajectoryError relative_pose_error(const Trajectory& estimate, const Trajectory& truth,
                                                         Duration interval) {
  std::vector<double> metres, radians;
  for (const auto& [pose, same] : detail::pairs_of(estimate, truth)) {
    const auto later = detail::pose_at(estimate, pose.stamp + interval);
    const auto same_later = detail::pose_at(truth, pose.stamp + interval);
    if (!later || !same_later) continue;
    const auto moved = detail::transform_of(pose).inverse() * detail::transform_of(*later);
    const auto truly = detail::transform_of(same).inverse() * detail::transform_of(*same_later);
    const Eigen::Isometry3d error = truly.inverse() * moved;
    metres.push_back(error.translation().norm());
    radians.push_back(detail::angle_of(error.rotation()));
  }
  if (metres.empty())
    throw std::invalid_argument{
        fmt::format("no two compared poses lie {} ms apart", interval.count() / 1'000'000)};
  return {detail::statistics_of(metres), detail::statistics_of(radians), metres.size()};
}

namespace detail {

/// The columns of one line of a table.
class Columns {
 public:
  Columns(const std::string& line, std::string where) : where_{std::move(where)} {
    commas_ = line.find(',') != std::string::npos;
    for (const char c : line) {
      if (c == (commas_ ? ',' : ' '))
        words_.emplace_back();
      else if (c != '\r' && c != ' ')
        words_.back() += c;
    }
  }
  [[nodiscard]] bool commas() const { return commas_; }
  template <typename Number>
  [[nodiscard]] Number number(std::size_t column) const {
    const std::string word = column < words_.size() ? words_[column] : "";
    Number value{};
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failed != std::errc{} || end != word.data() + word.size())
      throw std::runtime_error{fmt::format("{}: column {} is '{}', not a number", where_, column + 1, word)};
    return value;
  }
  [[nodiscard]] double real(std::size_t column) const { return number<double>(column); }

 private:
  std::string where_;
  bool commas_ = false;
  std::vector<std::string> words_{1};
};

[[nodiscard]] inline TrajectoryPose pose_from(const Columns& columns) {
  const auto real = [&](std::size_t column) { return columns.real(column); };
  TrajectoryPose pose;
  pose.stamp = from_ns(columns.commas() ? columns.number<std::int64_t>(0) : std::llround(real(0) * 1e9));
  pose.position = {real(1), real(2), real(3)};
  pose.orientation = columns.commas() ? Eigen::Quaterniond{real(4), real(5), real(6), real(7)}
                                      : Eigen::Quaterniond{real(7), real(4), real(5), real(6)};
  pose.orientation.normalize();
  return pose;
}

}  // namespace detail

/// A table of poses, one per line: stamp, position x y z, quaternion. With commas it is read as EuRoC writes
/// it (stamp in ns, quaternion w x y z), with blanks as TUM does (stamp in s, quaternion x y z w); further
/// columns are left out. Lines that begin with # are comments. Throws std::runtime_error with file and line.
[[nodiscard]] inline Trajectory read_trajectory(const std::filesystem::path& file) {
  std::ifstream stream{file};
  if (!stream) throw std::runtime_error{fmt::format("{}: cannot be read", file.string())};
  Trajectory trajectory;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::string where = fmt::format("{}:{}", file.string(), ++number);
    if (line.empty() || line.front() == '#' || line.front() == '\r') continue;
    const TrajectoryPose pose = detail::pose_from({line, where});
    if (!trajectory.empty() && pose.stamp <= trajectory.back().stamp)
      throw std::runtime_error{fmt::format("{}: stamps do not increase", where)};
    trajectory.push_back(pose);
  }
  return trajectory;
}

}  // namespace tactus::testing
