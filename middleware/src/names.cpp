// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/names.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tactus {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte >= 0x7f) return fmt::format("byte 0x{:02x}", byte);
  return fmt::format("'{}'", c);
}

std::string characters_error(std::string_view token) {
  if (token.empty()) return "an empty part";
  if (digit(token[0])) return fmt::format("a part starts with the digit '{}'", token[0]);
  for (const char c : token) {
    if (!letter(c) && !digit(c)) return fmt::format("{} is not allowed: use letters, digits and _", shown(c));
  }
  return {};
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string topic_name_error(std::string_view name) {
  if (name.empty()) return "the name is empty";
  if (name.size() > kMaxTopicBytes) return fmt::format("{} bytes, at most {}", name.size(), kMaxTopicBytes);
  if (name[0] != '/') return "a full topic name starts with '/'";
  std::string_view rest = name.substr(1);
  while (true) {
    const auto slash = rest.find('/');
    if (auto error = characters_error(rest.substr(0, slash)); !error.empty()) return error;
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

std::string token_error(std::string_view name) {
  if (name.empty()) return "the name is empty";
  if (name.size() > kMaxNameBytes) return fmt::format("{} bytes, at most {}", name.size(), kMaxNameBytes);
  return characters_error(name);
}

std::string group_name_error(std::string_view name) {
  return name.empty() ? std::string{} : token_error(name);
}

std::string namespace_of(std::string_view node) { return std::string{node.substr(0, node.rfind('/'))}; }

std::string resolve_topic(std::string_view name, std::string_view node, const Remaps& remaps) {
  std::string topic{name};
  if (const auto found = remaps.find(name); found != remaps.end()) topic = found->second;
  if (topic.starts_with('/')) return topic;
  if (topic.starts_with("~/")) return std::string{node} + topic.substr(1);
  return namespace_of(node) + "/" + topic;
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = name.size() / 3 + 2;
  for (const auto& candidate : candidates) {
    if (const std::size_t d = distance(name, candidate); d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near);
}

}  // namespace tactus
