// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

using Json = nlohmann::ordered_json;
using Visit = std::function<void(const std::string& name, const Json& value)>;

void visit_leaves(const Json& value, const std::string& name, const Visit& visit) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      visit_leaves(child, name.empty() ? key : name + "." + key, visit);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      visit_leaves(value[i], name + "[" + std::to_string(i) + "]", visit);
  } else {
    visit(name, value);
  }
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string{"\"\""} : std::string{c};
  return result + "\"";
}

std::string joined(const Json& message, const std::string& field,
                   const std::function<std::string(const std::string&, const Json&)>& text_of) {
  std::string line;
  bool first = true;
  visit_leaves(message, field, [&](const std::string& name, const Json& value) {
    if (!first) line += ',';
    first = false;
    line += text_of(name, value);
  });
  return line + "\n";
}

}  // namespace

std::string csv_line(const Json& message) {
  return joined(message, "", [](const std::string&, const Json& value) {
    if (value.is_string()) return quoted(value.get_ref<const std::string&>());
    return value.is_null() ? std::string{"nan"} : value.dump();
  });
}

std::string csv_header(const Json& message, const std::string& field) {
  return joined(message, field, [](const std::string& name, const Json&) { return quoted(name); });
}

}  // namespace rtctl
