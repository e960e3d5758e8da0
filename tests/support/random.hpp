// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace tactus {

/// The same numbers for the same seed.
struct Random {
  explicit Random(std::uint64_t seed) : engine{seed} {}
  std::int64_t from_to(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution{least, most}(engine);
  }
  bool one_in(std::int64_t n) { return from_to(1, n) == 1; }
  std::mt19937_64 engine;
};

}  // namespace tactus
