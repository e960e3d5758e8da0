// SPDX-License-Identifier: Apache-2.0
#include "message_buffer.hpp"

#include <fmt/format.h>

#include "command.hpp"
#include "tactus/msg/block.hpp"
#include "tactus/msg/codec.hpp"

namespace rtctl {

MessageBuffer::MessageBuffer(const tactus::TypeInfo& type, std::size_t bytes) : words_((bytes + 7) / 8) {
  if (tactus::construct_block(type, block(), size()) == nullptr) {
    throw Failure{fmt::format("{} does not fit in {} bytes", type.name, bytes)};
  }
}

const std::byte* MessageBuffer::root() noexcept { return tactus::block_root_bytes(block()); }

}  // namespace rtctl
