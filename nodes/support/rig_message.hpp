// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tf2_msgs/msg/tf_message.hpp>

#include "pose_message.hpp"
#include "rig.hpp"

namespace xr {

inline constexpr std::size_t kRigBytes = 2048;  ///< max_bytes of a rig as a message

/// As on /tf_static: parent `imu`, children `camera_left` and `camera_right`.
inline void write_rig(std::int64_t ns, const StereoRig& rig, tf2_msgs::msg::TFMessage& to) {
  to.transforms.resize(2);
  const auto write = [&](std::size_t index, std::string_view child, const SensorPose& pose) {
    auto& transform = to.transforms[index];
    set_stamp_ns(transform.header.stamp, ns);
    transform.header.frame_id = "imu";
    transform.child_frame_id = child;
    from_eigen(pose.position, transform.transform.translation);
    from_eigen(pose.orientation, transform.transform.rotation);
  };
  write(0, "camera_left", rig.left);
  write(1, "camera_right", rig.right);
}

}  // namespace xr
