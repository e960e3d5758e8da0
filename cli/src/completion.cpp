// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <CLI/App.hpp>

#include "verbs.hpp"

namespace rtctl {
namespace {

bool is_option(const std::string& word) { return !word.empty() && word.front() == '-'; }

// Where the word being typed stands.
struct Place {
  const CLI::App* app;
  const CLI::Option* value_of = nullptr;  // the option whose value it is
  std::vector<std::string> before{};      // positional arguments
};

Place find_place(const CLI::App& root, const std::vector<std::string>& words) {
  Place place{&root};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (place.value_of != nullptr) {
      place.value_of = nullptr;
    } else if (const CLI::App* verb = find_verb(*place.app, words[i])) {
      place.app = verb;
    } else if (is_option(words[i])) {
      const CLI::Option* option = place.app->get_option_no_throw(words[i]);
      if (option != nullptr && option->get_items_expected_max() > 0) place.value_of = option;
    } else {
      place.before.push_back(words[i]);
    }
  }
  return place;
}

// The last positional takes all further ones when it may be repeated.
const CLI::Option* positional_of(const CLI::App& app, std::size_t index) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    if (index-- == 0) return option;
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;
}

std::vector<std::string> candidates(const Place& place, const std::string& typed, const NamesOf& names) {
  if (place.value_of != nullptr) return names(place.value_of->get_type_name(), place.before);
  if (is_option(typed)) return option_names(*place.app);
  if (std::vector<std::string> verbs = verb_names(*place.app); !verbs.empty()) return verbs;
  const CLI::Option* positional = positional_of(*place.app, place.before.size());
  return positional != nullptr ? names(positional->get_type_name(), place.before)
                               : std::vector<std::string>{};
}

}  // namespace

std::vector<std::string> complete(const CLI::App& root, const std::vector<std::string>& words,
                                  const NamesOf& names) {
  const std::string typed = words.empty() ? std::string{} : words.back();
  std::vector<std::string> result = candidates(find_place(root, words), typed, names);
  std::erase_if(result, [&](const std::string& word) {
    return word != kCompleteFiles && word.compare(0, typed.size(), typed) != 0;
  });
  return result;
}

}  // namespace rtctl
