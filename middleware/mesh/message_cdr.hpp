// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cdr_topic.hpp"
#include "tactus/msg/block.hpp"

/// Messages into what DDS carries, and back.
namespace tactus::mesh {

/// `root`: of a message of this type.
[[nodiscard]] dds::CdrBuffer to_cdr(const TypeInfo& type, const void* root);

/// A block in `words`, of the size it needs. False: the CDR is malformed, and so is the block.
[[nodiscard]] bool from_cdr(const TypeInfo& type, std::span<const std::byte> cdr,
                            std::vector<std::uint64_t>& words);

}  // namespace tactus::mesh
