// SPDX-License-Identifier: Apache-2.0
#include "verbs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>

#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

const CLI::App& chosen(const CLI::App& app) {
  const std::vector<CLI::App*> verbs = app.get_subcommands();
  return verbs.empty() ? app : chosen(*verbs.front());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::string see(const CLI::App& app) { return fmt::format("\nSee '{} --help'.", full_name(app)); }

std::string no_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return fmt::format("'{}' is no option of '{}'{}{}", name, full_name(app),
                     tactus::did_you_mean(name, option_names(app)), see(app));
}

// The first positional that is not given though it must be; nullptr when there is none.
const CLI::Option* missing_argument(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_required() && option->count() == 0) return option;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!verb->get_group().empty()) names.push_back(verb->get_name());
  }
  return names;
}

const CLI::App* find_verb(const CLI::App& app, const std::string& name) {
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (verb->check_name(name)) return verb;
  }
  return nullptr;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string wrong_verb(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* app = &root;
  for (const std::string& word : words) {
    const std::vector<std::string> verbs = verb_names(*app);
    if (verbs.empty()) return {};
    if (is_option(word))
      return app->get_option_no_throw(word) != nullptr ? std::string{} : no_option(*app, word);
    const CLI::App* next = find_verb(*app, word);
    if (next == nullptr) {
      return fmt::format("'{} {}' does not exist{}{}", full_name(*app), word,
                         tactus::did_you_mean(word, verbs), see(*app));
    }
    app = next;
  }
  const std::vector<std::string> verbs = verb_names(*app);
  if (verbs.empty()) return {};
  return fmt::format("'{}' needs one of {}{}", full_name(*app), fmt::join(verbs, ", "), see(*app));
}

std::string usage_error(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = chosen(root);
  if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) {
    if (is_option(extra.front())) return no_option(app, extra.front());
    return fmt::format("'{}' is one argument too many{}", extra.front(), see(app));
  }
  if (const CLI::Option* missing = missing_argument(app); missing != nullptr)
    return fmt::format("{} is missing: {}{}", missing->get_type_name(), missing->get_description(), see(app));
  return error.what() + see(app);
}

}  // namespace rtctl
