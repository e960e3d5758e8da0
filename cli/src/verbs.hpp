// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

/// The tree of verbs: what there is below a verb, and what is wrong with a command line.
namespace rtctl {

/// The names of a verb's own verbs; those that only the shell asks for are left out.
[[nodiscard]] std::vector<std::string> verb_names(const CLI::App& app);
/// The verb of that name or alias; nullptr when there is none.
[[nodiscard]] const CLI::App* find_verb(const CLI::App& app, const std::string& name);
/// "--help", "--json"...
[[nodiscard]] std::vector<std::string> option_names(const CLI::App& app);

/// The first word that should be a verb and is none, with the nearest one, or that none is given, with all
/// there are; empty when nothing is wrong so far.
[[nodiscard]] std::string wrong_verb(const CLI::App& root, const std::vector<std::string>& words);

/// What CLI11 found wrong, in one sentence that names the argument and the nearest option.
[[nodiscard]] std::string usage_error(const CLI::App& root, const CLI::ParseError& error);

}  // namespace rtctl
