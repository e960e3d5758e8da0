// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "tactus/msg/type.hpp"

namespace tactus::conformance {

/// What the fields of a message hold.
enum class Values {
  kDefault,     ///< what the definition says; sequences empty
  kZero,        ///< all fields zero, sequences and texts empty: no quaternion is a rotation
  kLargest,     ///< largest numbers, long texts, sequences of a few elements
  kSmallest,    ///< most negative numbers
  kNotANumber,  ///< NaN in floating point fields, defaults elsewhere
  kInfinite,    ///< infinity in floating point fields, defaults elsewhere
  kRandom,      ///< any bit pattern, sequences of 0 to 5 elements
};
inline constexpr Values kExtremes[] = {Values::kZero,       Values::kLargest,  Values::kSmallest,
                                       Values::kNotANumber, Values::kInfinite, Values::kRandom};
[[nodiscard]] const char* to_text(Values values) noexcept;

/// Constructs a valid message of any type in `memory`, its times (builtin_interfaces/Time) set to `stamp_ns`
/// except where the values are extreme. False: the memory is too small for the type itself; what of its
/// sequences and texts does not fit is left empty.
[[nodiscard]] bool construct_message(const TypeInfo& type, std::byte* memory, std::size_t size, Values values,
                                     std::int64_t stamp_ns, std::mt19937& random);

}  // namespace tactus::conformance
