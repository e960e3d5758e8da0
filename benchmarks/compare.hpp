// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "report.hpp"

namespace tactus::benchmarks {

/// Makes the compiler believe that `value` is used.
template <typename T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Runs both in alternating rounds on this thread; each sample is the mean of a batch long enough for the
/// clock.
[[nodiscard]] Row compare(std::string name, std::string peer, const std::function<void()>& ours,
                          const std::function<void()>& theirs);

}  // namespace tactus::benchmarks
