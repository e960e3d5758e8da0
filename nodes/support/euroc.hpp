// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Reading of recordings in the ASL layout (EuRoC MAV): columns by position, since headers vary. Malformed
/// rows are skipped and counted. Throws std::runtime_error when a file cannot be read or holds no row at all.
namespace xr {

struct ImuRow {
  std::int64_t stamp_ns;
  Eigen::Vector3d angular_velocity;     ///< rad/s, body
  Eigen::Vector3d linear_acceleration;  ///< m/s^2, body, gravity included
};

struct PoseRow {
  std::int64_t stamp_ns;
  Eigen::Vector3d position;  ///< m, world
  Eigen::Quaterniond orientation;
};

struct ImageRow {
  std::int64_t stamp_ns;
  std::filesystem::path file;
};

template <typename Row>
struct Table {
  std::vector<Row> rows;  ///< by stamp
  std::size_t malformed = 0;
};

[[nodiscard]] Table<ImuRow> read_imu(const std::filesystem::path& csv);
[[nodiscard]] Table<PoseRow> read_poses(const std::filesystem::path& csv);
/// `csv` is data.csv; the images lie in data/ beside it.
[[nodiscard]] Table<ImageRow> read_images(const std::filesystem::path& csv);

}  // namespace xr
