// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tactus/middleware/transport.hpp"

/// What a host does at its start so that no page fault comes later: a first touch of a page costs from half a
/// microsecond (somebody else has touched it) to milliseconds (8 MB of a picture).
namespace tactus {

/// Freed memory stays with the process: what was touched once is not given back to be touched again.
void keep_heap() noexcept;

/// Touches the stack of the calling thread, as deep as node code may go without a fault. Returns what was
/// denied: a stack that is too small; empty when all was touched.
[[nodiscard]] std::string prefault_stack();

/// Maps all that this process shares and that anybody has touched: chunks of messages, pages of counters.
/// Returns one sentence per thing that the system denied.
[[nodiscard]] std::vector<std::string> prefault_shared_memory();

/// Holds and touches every chunk that a publisher may loan, so that other processes touch other chunks.
/// Thread: one at a time; ends before the publisher is used otherwise.
class TouchedLoans {
 public:
  explicit TouchedLoans(UntypedPublisher& publisher);
  ~TouchedLoans();
  TouchedLoans(TouchedLoans&& other) noexcept = default;
  TouchedLoans& operator=(TouchedLoans&&) = delete;

 private:
  UntypedPublisher& publisher_;
  std::vector<Chunk*> chunks_;
};

}  // namespace tactus
