// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Names of topics, nodes, groups and parameters: ROS 2's rules, checked before anything is created.
namespace tactus {

inline constexpr std::size_t kMaxTopicBytes = 100;
inline constexpr std::size_t kMaxNameBytes = 60;

/// Why the name is refused, naming the offending character; empty when it is good.
/// Topics: absolute, "/" and tokens of [A-Za-z0-9_] that do not start with a digit, at most 100 bytes.
[[nodiscard]] std::string topic_name_error(std::string_view name);
/// One token of [A-Za-z0-9_], not starting with a digit, at most 60 bytes: nodes, inputs, executors,
/// processes, parameters.
[[nodiscard]] std::string token_error(std::string_view name);
/// Empty (the default group) or a token.
[[nodiscard]] std::string group_name_error(std::string_view name);

using Remaps = std::map<std::string, std::string, std::less<>>;

/// The full topic name of a node's input or output: remaps first, then relative names below the node's
/// namespace,
/// "~/x" below the node itself, absolute ones as they are.
[[nodiscard]] std::string resolve_topic(std::string_view name, std::string_view node, const Remaps& remaps);

/// "/tracker" -> "", "/left/tracker" -> "/left"
[[nodiscard]] std::string namespace_of(std::string_view node);

/// The candidate with the least edit distance; empty when none is near (more than a third of the letters
/// differ).
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "; did you mean 'head'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace tactus
