// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rtctl {

/// Names for an argument of that kind, "TOPIC", "NODE", "TYPE"..., behind the positional arguments `before`;
/// empty for kinds without names.
using NamesOf =
    std::function<std::vector<std::string>(const std::string& kind, const std::vector<std::string>& before)>;

/// Stands for the names of files, which the shell completes itself. Always offered, whatever is typed.
inline constexpr const char* kCompleteFiles = ":files";

/// What may stand for the last of `words` (the one being typed, perhaps empty), given those before it: verbs,
/// options, names. Already filtered by what is typed.
[[nodiscard]] std::vector<std::string> complete(const CLI::App& root, const std::vector<std::string>& words,
                                                const NamesOf& names);

}  // namespace rtctl
