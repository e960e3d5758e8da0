// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Files that iceoryx leaves when a process cannot clean up.
namespace tactus::broker {

/// The socket and the lock file of one runtime.
void remove_runtime_files(const std::string& runtime);

/// Those of all runtimes of any generation that nobody holds any more.
void remove_stale_runtime_files();

/// The segments, sockets and lock files of RouDi and the broker's own socket: for a broker that cannot end in
/// the regular way. Another broker must not have started yet.
void remove_broker_files();

}  // namespace tactus::broker
