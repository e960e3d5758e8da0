// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/checks.hpp"

#include <fmt/core.h>

#include "tactus/middleware/names.hpp"
#include "tactus/msg/block.hpp"

namespace tactus {
namespace {

[[noreturn]] void refuse(TransportErrorCode code, const auto& options, const std::string& reason) {
  throw TransportError{code, fmt::format("{}: topic '{}': {}", options.node, options.topic, reason)};
}

void check_common(const auto& options) {
  if (const auto error = topic_name_error(options.topic); !error.empty())
    refuse(TransportErrorCode::kBadName, options, error);
  if (const auto error = topic_name_error(options.node); !error.empty()) {
    refuse(TransportErrorCode::kBadName, options, fmt::format("node name '{}': {}", options.node, error));
  }
  if (options.type == nullptr) refuse(TransportErrorCode::kTypeUnknown, options, "no message type was given");
}

void check_range(const auto& options, TransportErrorCode code, const char* what, std::uint64_t value,
                 std::uint64_t least, std::uint64_t most) {
  if (value >= least && value <= most) return;
  refuse(code, options, fmt::format("{} is {}, allowed are {} to {}", what, value, least, most));
}

}  // namespace

void check_options(const PublisherOptions& options) {
  check_common(options);
  check_range(options, TransportErrorCode::kHistoryTooLarge, "history", options.history, 0, kMaxHistory);
  check_range(options, TransportErrorCode::kTooManyLoans, "max_loans", options.max_loans, 1, kMaxLoans);
  check_range(options, TransportErrorCode::kMessageTooLarge, "max_bytes", options.max_bytes,
              kBlockHeaderBytes + detail::align8(options.type->size), kMaxBlockBytes);
}

void check_options(const SubscriberOptions& options) {
  check_common(options);
  check_range(options, TransportErrorCode::kDepthTooLarge, "depth", options.depth, 1, kMaxDepth);
  check_range(options, TransportErrorCode::kTooManyHeld, "max_held", options.max_held, 1, kMaxHeld);
}

}  // namespace tactus
