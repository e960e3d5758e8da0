// SPDX-License-Identifier: Apache-2.0
#include "yaml_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>

namespace tactus::launch_file {
namespace {

constexpr std::size_t kMaxEntries = 1000;
/// Of one value after $(..): arguments built from arguments double.
constexpr std::size_t kMaxTextBytes = 4096;

}  // namespace

std::optional<double> number_with_unit(const std::string& text, std::string& unit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  unit.assign(end, text.data() + text.size());
  return number;
}

std::optional<std::int64_t> duration_ns(const std::string& text) {
  std::string unit;
  const auto number = number_with_unit(text, unit);
  if (!number) return std::nullopt;
  const double scale = unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9 : 0;
  const double ns = *number * scale;
  if (scale == 0 || ns < 0 || ns > 3600e9) return std::nullopt;
  return std::llround(ns);
}

std::optional<double> frequency_hz(const std::string& text) {
  std::string unit;
  const auto number = number_with_unit(text, unit);
  if (!number || unit != "Hz" || *number <= 0 || *number > 1e6) return std::nullopt;
  return number;
}

Location YamlReader::at(const YAML::Node& node) const {
  return {file_, node.Mark().line + 1, node.Mark().column + 1};
}

void YamlReader::error(const Location& where, std::string message) {
  diagnostics_.push_back({where, std::move(message)});
}

void YamlReader::each_key(const YAML::Node& map, const std::string& what, const Handlers& handlers) {
  if (!map.IsMap()) return error(at(map), fmt::format("{} is written as a map of keys and values", what));
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) {
      error(at(entry.first), fmt::format("a key of {} is no plain text", what));
      continue;
    }
    const std::string key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      error(at(entry.first), fmt::format("'{}' is given twice in {}", key, what));
      continue;
    }
    const auto handler = handlers.find(key);
    if (handler == handlers.end()) {
      std::vector<std::string> known;
      for (const auto& [name, call] : handlers) known.push_back(name);
      error(at(entry.first), fmt::format("unknown key '{}' in {}{}", key, what, did_you_mean(key, known)));
    } else {
      handler->second(entry.second);
    }
  }
}

void YamlReader::each_entry(const YAML::Node& map, const std::string& what, const EntryHandler& call,
                            NameCheck name_error) {
  if (!map.IsMap()) return error(at(map), fmt::format("{} is written as a map of names", what));
  if (map.size() > kMaxEntries)
    return error(at(map),
                 fmt::format("{} has {} entries, at most {} are read", what, map.size(), kMaxEntries));
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (const auto bad = name_error(name); !bad.empty()) {
      error(at(entry.first), fmt::format("name '{}' in {}: {}", name, what, bad));
    } else if (!seen.insert(name).second) {
      error(at(entry.first), fmt::format("'{}' is given twice in {}", name, what));
    } else {
      call(name, entry.first, entry.second);
    }
  }
}

std::optional<std::string> YamlReader::text(const YAML::Node& node, const std::string& what) {
  if (!node.IsScalar()) {
    error(at(node), fmt::format("{} is a single value", what));
    return std::nullopt;
  }
  return substitute(node);
}

std::optional<std::string> YamlReader::substitute(const YAML::Node& node) {
  const std::string& raw = node.Scalar();
  std::string result;
  std::size_t from = 0;
  for (std::size_t open; (open = raw.find("$(", from)) != std::string::npos;) {
    const auto close = raw.find(')', open);
    if (close == std::string::npos) {
      error(at(node), fmt::format("'{}': the $( is never closed", raw));
      return std::nullopt;
    }
    const std::string name = raw.substr(open + 2, close - open - 2);
    const auto value = values_.find(name);
    if (value == values_.end()) {
      std::vector<std::string> known;
      for (const auto& [arg, unused] : values_) known.push_back(arg);
      error(at(node),
            fmt::format("argument '{}' is not declared in 'args'{}", name, did_you_mean(name, known)));
      return std::nullopt;
    }
    result += raw.substr(from, open - from) + value->second;
    from = close + 1;
    if (result.size() > kMaxTextBytes) break;
  }
  result += raw.substr(from);
  if (result.size() <= kMaxTextBytes) return result;
  error(at(node), fmt::format("a value of more than {} bytes", kMaxTextBytes));
  return std::nullopt;
}

std::optional<std::int64_t> YamlReader::duration(const YAML::Node& node, const std::string& what) {
  const auto value = text(node, what);
  if (!value) return std::nullopt;
  const auto ns = duration_ns(*value);
  if (!ns)
    error(at(node),
          fmt::format("{} is '{}', not a duration such as 5ms, 50us or 1s (0 to 1 h)", what, *value));
  return ns;
}

std::optional<std::int64_t> YamlReader::limit(const YAML::Node& node, const std::string& what) {
  const auto ns = duration(node, what);
  if (ns && *ns == 0) error(at(node), fmt::format("{0} is 0: leave {0}: out where there is none", what));
  return ns;
}

std::optional<std::int64_t> YamlReader::integer(const YAML::Node& node, const std::string& what,
                                                std::int64_t least, std::int64_t most) {
  const auto value = text(node, what);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (failed != std::errc{} || end != value->data() + value->size() || number < least || number > most) {
    error(at(node), fmt::format("{} is '{}', not a whole number from {} to {}", what, *value, least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> YamlReader::boolean(const YAML::Node& node, const std::string& what) {
  const auto value = text(node, what);
  if (value && (*value == "true" || *value == "false")) return *value == "true";
  if (value) error(at(node), fmt::format("{} is '{}', not true or false", what, *value));
  return std::nullopt;
}

ParameterValue YamlReader::guess(const std::string& raw) {
  if (raw == "true" || raw == "false") return raw == "true";
  std::int64_t whole = 0;
  const char* end = raw.data() + raw.size();
  if (const auto [at, failed] = std::from_chars(raw.data(), end, whole); failed == std::errc{} && at == end)
    return whole;
  double real = 0;
  if (const auto [at, failed] = std::from_chars(raw.data(), end, real); failed == std::errc{} && at == end)
    return real;
  return raw;
}

std::vector<std::string> YamlReader::texts(const YAML::Node& node, const char* what) {
  std::vector<std::string> list;
  if (!node.IsSequence()) error(at(node), what);
  for (const auto& entry : node) {
    if (const auto value = text(entry, "an entry"); node.IsSequence() && value) list.push_back(*value);
  }
  return list;
}

std::string YamlReader::topic_pattern_error(std::string_view pattern) {
  if (!pattern.ends_with('*')) return topic_name_error(pattern);
  return topic_name_error(std::string{pattern.substr(0, pattern.size() - 1)} + "x");
}

std::vector<std::string> YamlReader::topics(const YAML::Node& node, const std::string& key) {
  auto list = texts(node, (key + " is a list of topics, [/head/pose, /camera/*]").c_str());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (const auto bad = topic_pattern_error(list[i]); !bad.empty())
      error(at(node[i]), fmt::format("{}: topic '{}': {}", key, list[i], bad));
  }
  return list;
}

}  // namespace tactus::launch_file
