// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tactus/scheduler/restart.hpp"

namespace tactus {

RestartPolicy::RestartPolicy(const RestartSettings& settings) : settings_{settings} {
  ends_.reserve(settings.most + 1);
}

RestartPolicy::Decision RestartPolicy::ended(bool failed, std::int64_t now_ns) {
  const bool wanted =
      settings_.when == RestartWhen::kAlways || (failed && settings_.when == RestartWhen::kOnFailure);
  if (!wanted) return {failed ? Action::kGiveUp : Action::kLeave, 0};
  std::erase_if(ends_, [&](std::int64_t end_ns) { return now_ns - end_ns > settings_.window_ns; });
  if (ends_.size() >= settings_.most) return {Action::kGiveUp, 0};
  std::int64_t backoff_ns = settings_.backoff_ns;
  for (std::size_t i = 0; i < ends_.size(); ++i) backoff_ns = std::min(2 * backoff_ns, kLongestBackoffNs);
  ends_.push_back(now_ns);
  ++restarts_;
  return {Action::kRestart, now_ns + backoff_ns};
}

}  // namespace tactus
