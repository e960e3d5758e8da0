// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rtctl {

/// The path for the log of a launch that begins now, in $XDG_STATE_HOME/tactus/log or
/// ~/.local/state/tactus/log; the file exists then, empty. Removes all but the newest logs there. Empty, and
/// `why` says why, where no log can be kept.
[[nodiscard]] std::string new_log_file(const std::string& launch, std::string& why);

/// "head_tracking" for "launch/head_tracking.launch.yaml"
[[nodiscard]] std::string launch_name(const std::string& file);

}  // namespace rtctl
