// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>

#include "cdr_topic.hpp"

namespace tactus::gateway {

/// What travels beside a sample between gateways: when its data was captured, and on which clock.
struct SampleOrigin {
  std::uint32_t clock_id = 0;
  std::int64_t capture_time_ns = 0;
  friend bool operator==(const SampleOrigin&, const SampleOrigin&) = default;
};

inline constexpr char kTagMark[4] = {'T', 'A', 'C', '2'};

[[nodiscard]] inline dds::SampleTag make_tag(const SampleOrigin& origin) noexcept {
  dds::SampleTag tag;
  std::memcpy(tag.data(), kTagMark, 4);
  std::memcpy(tag.data() + 4, &origin.clock_id, 4);
  std::memcpy(tag.data() + 8, &origin.capture_time_ns, 8);
  return tag;
}

/// Nothing when the sample does not come from a gateway.
[[nodiscard]] inline std::optional<SampleOrigin> origin_of(const dds::SampleTag& tag) noexcept {
  if (std::memcmp(tag.data(), kTagMark, 4) != 0) return std::nullopt;
  SampleOrigin origin;
  std::memcpy(&origin.clock_id, tag.data() + 4, 4);
  std::memcpy(&origin.capture_time_ns, tag.data() + 8, 8);
  return origin;
}

}  // namespace tactus::gateway
