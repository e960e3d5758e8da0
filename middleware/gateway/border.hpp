// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "endpoints.hpp"
#include "tactus/middleware/transport.hpp"

namespace tactus::gateway {

/// What became of a sample of the network.
enum class Passage : std::uint8_t {
  kPublished,
  kMalformed,  ///< not this type's CDR
  kTooLarge,   ///< for the publisher's max_bytes
  kNoMemory,   ///< no shared memory to be had
};

struct Passed {
  Passage how;
  std::size_t block_bytes = 0;  ///< what the message takes; of malformed ones 0
};

/// The border: what a writer of the network sent becomes a message of this host, or is refused. Nothing of
/// the sample is trusted: neither bytes, nor tag, nor time. `begins`: chains whose first topic this is.
/// Thread: the publisher's. Allocates nothing.
[[nodiscard]] Passed pass(const dds::ReceivedSample& sample, const TypeInfo& type,
                          UntypedPublisher& publisher, std::span<const std::uint32_t> begins = {}) noexcept;

}  // namespace tactus::gateway
