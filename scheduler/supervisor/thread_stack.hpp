// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace tactus {

/// What a thread of another process is doing, for people: its stack, one frame per line, indented. Asks
/// eu-stack (elfutils), which stops the process for a moment; takes 2 s at most. Where that is not there or
/// not allowed, one line says so, with what the kernel knows.
[[nodiscard]] std::string thread_stack(pid_t pid, pid_t tid);

/// The first thread of the process that has this name (as the kernel keeps it: 15 bytes); 0: none.
[[nodiscard]] pid_t thread_named(pid_t pid, const std::string& name);

}  // namespace tactus
