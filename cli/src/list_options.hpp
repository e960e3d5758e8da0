// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "graph.hpp"

namespace CLI {
class App;
}

/// What `topic list` and `node list` share.
namespace rtctl {

struct ListOptions {
  bool json = false;
  bool names = false;
  bool count = false;
  std::optional<std::string> group;  ///< nothing: all groups
};
/// `options` must outlive the verb.
void add_list_options(CLI::App& verb, ListOptions& options, const std::string& count_option);

/// The running system, of the chosen group only. Throws Failure.
[[nodiscard]] Graph read_graph(const ListOptions& options);

/// The items as the options say: their number, their names, or what `json_of` or `table_of` makes of them.
template <typename Item, typename JsonOf, typename TableOf>
[[nodiscard]] std::string list_text(const std::vector<Item>& items, const ListOptions& options,
                                    JsonOf json_of, TableOf table_of) {
  if (options.count) return fmt::format("{}\n", items.size());
  if (options.json) return json_of(items).dump(2) + "\n";
  if (!options.names) return table_of(items).text();
  std::string names;
  for (const Item& item : items) names += item.name + "\n";
  return names;
}

}  // namespace rtctl
