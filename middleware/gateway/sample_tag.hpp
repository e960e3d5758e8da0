// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>

#include "cdr_topic.hpp"

namespace tactus::gateway {

/// What travels beside a sample between gateways: a mark, and when its data was captured.
inline constexpr char kTagMark[8] = "TACTUS1";

[[nodiscard]] inline dds::SampleTag make_tag(std::int64_t capture_time_ns) noexcept {
  dds::SampleTag tag;
  std::memcpy(tag.data(), kTagMark, 8);
  std::memcpy(tag.data() + 8, &capture_time_ns, 8);
  return tag;
}

/// Nothing when the sample does not come from a gateway.
[[nodiscard]] inline std::optional<std::int64_t> capture_time_ns(const dds::SampleTag& tag) noexcept {
  if (std::memcmp(tag.data(), kTagMark, 8) != 0) return std::nullopt;
  std::int64_t time = 0;
  std::memcpy(&time, tag.data() + 8, 8);
  return time;
}

}  // namespace tactus::gateway
