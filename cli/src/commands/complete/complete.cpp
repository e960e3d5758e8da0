// SPDX-License-Identifier: Apache-2.0
#include <CLI/App.hpp>

#include "broker.hpp"
#include "command.hpp"
#include "completion.hpp"
#include "output/terminal.hpp"
#include "tactus/msg/registry.hpp"

namespace rtctl {
namespace {

template <typename T>
std::vector<std::string> names_in(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const T& item : items) names.push_back(item.name);
  return names;
}

std::vector<std::string> names_of(const std::string& kind) {
  if (kind == "TOPIC") return names_in(read_graph().topics);
  if (kind == "NODE") return names_in(read_graph().nodes);
  if (kind == "FILE" || kind == "LIBRARY") return {kCompleteFiles};
  std::vector<std::string> names;
  if (kind != "TYPE") return names;
  for (const tactus::TypeInfo* type : tactus::known_types()) names.emplace_back(type->name);
  return names;
}

// Nothing that goes wrong here may reach the line that is being typed.
std::vector<std::string> names_or_none(const std::string& kind) try {
  return names_of(kind);
} catch (const std::exception&) {
  return {};
}

}  // namespace

int print_candidates(const CLI::App& root, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : complete(root, words, names_or_none)) text += word + "\n";
  return write_out(text) ? kSuccess : kFailed;
}

}  // namespace rtctl
