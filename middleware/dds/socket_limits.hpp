// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace tactus::dds {

/// What a socket should be able to hold until it is read: two pictures of 2 MB.
inline constexpr std::size_t kReceiveBufferBytes = std::size_t{4} << 20;

/// The buffer that the kernel grants a socket that asks for `wanted` bytes. 0 when there are no sockets.
[[nodiscard]] std::size_t granted_receive_buffer(std::size_t wanted);

/// What it means that only `granted` bytes are granted, with the command that raises the limit; empty when it
/// is enough.
[[nodiscard]] std::string receive_buffer_advice(std::size_t wanted, std::size_t granted);

}  // namespace tactus::dds
