// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// One message of the control socket: JSON text with file descriptors. Long texts travel in a memfd.
namespace tactus::wire {

/// False when the peer is gone.
bool send(int socket, const std::string& text, const std::vector<int>& fds = {});
/// False when the peer is gone or what came is no message. The caller owns `fds`. Blocks as the socket does.
bool receive(int socket, std::string& text, std::vector<int>& fds);

}  // namespace tactus::wire
