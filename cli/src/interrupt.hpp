// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace rtctl {

/// Ctrl-C, SIGTERM and SIGHUP as a request to end, while it lives. One at a time per process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const noexcept;
  /// Readable once the end is requested.
  [[nodiscard]] int fd() const noexcept;
  /// Waits; false when the end was requested before the time was over.
  [[nodiscard]] bool sleep(std::chrono::nanoseconds time) const;
};

}  // namespace rtctl
