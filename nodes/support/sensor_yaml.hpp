// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "camera.hpp"
#include "rig.hpp"

/// The sensor.yaml of a recording in the ASL layout. Of YAML it needs and understands `key: value`, lists of
/// numbers that may go over several lines, and comments. Throws std::runtime_error naming the file and what
/// is wrong with it.
namespace xr {

struct RecordedCamera {
  Camera camera;
  SensorPose on_body;  ///< T_BS
};

[[nodiscard]] RecordedCamera read_camera(const std::filesystem::path& sensor_yaml);
/// T_BS of any sensor.
[[nodiscard]] SensorPose read_sensor_pose(const std::filesystem::path& sensor_yaml);

}  // namespace xr
