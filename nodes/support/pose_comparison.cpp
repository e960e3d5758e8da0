// SPDX-License-Identifier: Apache-2.0
#include "pose_comparison.hpp"

namespace xr {

void PoseComparison::add(const StampedPose& pose) {
  waiting_[added_++ % waiting_.size()] = pose;
  if (added_ - done_ > waiting_.size()) ++done_;
}

std::optional<PoseDistance> PoseComparison::next() {
  while (done_ < added_ && has_truth()) {
    const StampedPose& pose = waiting_[done_ % waiting_.size()];
    if (pose.stamp_ns > truth_.newest().stamp_ns) return std::nullopt;
    ++done_;
    if (const auto truth = truth_.at(pose.stamp_ns))
      return PoseDistance{pose.stamp_ns, (pose.position - truth->position).norm(),
                          pose.orientation.angularDistance(truth->orientation)};
  }
  return std::nullopt;
}

}  // namespace xr
