// SPDX-License-Identifier: Apache-2.0
// Only the files that include this one know yaml-cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document.hpp"
#include "tactus/middleware/names.hpp"

namespace tactus::launch_file {

/// "0.5Hz" -> 0.5 and "Hz"; nothing when it does not begin with a finite number.
[[nodiscard]] std::optional<double> number_with_unit(const std::string& text, std::string& unit);
/// "5ms", "1.5s" -> ns; nothing when it is no duration.
[[nodiscard]] std::optional<std::int64_t> duration_ns(const std::string& text);
/// "90Hz" -> 90; nothing when it is no frequency.
[[nodiscard]] std::optional<double> frequency_hz(const std::string& text);

/// The values of one file: keys and entries of maps, scalars with $(arg) replaced. Whatever is wrong becomes
/// a diagnostic with its position; what is returned then is empty. A copy sees the arguments known by then.
class YamlReader {
 public:
  explicit YamlReader(std::vector<Diagnostic>& diagnostics) : diagnostics_{diagnostics} {}

 protected:
  using Handler = std::function<void(const YAML::Node& value)>;
  using Handlers = std::map<std::string, Handler>;
  using NameCheck = std::string (*)(std::string_view);
  using EntryHandler = std::function<void(const std::string&, const YAML::Node& key, const YAML::Node&)>;

  [[nodiscard]] Location at(const YAML::Node& node) const;
  void error(const Location& where, std::string message);

  /// Calls the handler of each key; unknown ones are errors with the nearest name.
  void each_key(const YAML::Node& map, const std::string& what, const Handlers& handlers);
  /// Calls for each entry of a map of named things.
  void each_entry(const YAML::Node& map, const std::string& what, const EntryHandler& call,
                  NameCheck name_error = token_error);
  static std::string any_name(std::string_view) { return {}; }  ///< compared with what a node declares, later

  std::optional<std::string> text(const YAML::Node& node, const std::string& what);
  std::optional<std::int64_t> duration(const YAML::Node& node, const std::string& what);
  /// A duration that something is held against: 0 is none.
  std::optional<std::int64_t> limit(const YAML::Node& node, const std::string& what);
  std::optional<std::int64_t> integer(const YAML::Node& node, const std::string& what, std::int64_t least,
                                      std::int64_t most);
  std::optional<bool> boolean(const YAML::Node& node, const std::string& what);
  std::vector<std::string> texts(const YAML::Node& node, const char* what);
  /// Empty for the name of a topic, also with a trailing * for any rest.
  static std::string topic_pattern_error(std::string_view pattern);
  /// Names of topics; a trailing * stands for any rest.
  std::vector<std::string> topics(const YAML::Node& node, const std::string& key);
  /// What an unquoted value looks like: true, 7, 0.5 or a text.
  static ParameterValue guess(const std::string& raw);

  std::string file_;                           ///< that is being read
  std::map<std::string, std::string> values_;  ///< of the arguments

 private:
  std::optional<std::string> substitute(const YAML::Node& node);
  std::vector<Diagnostic>& diagnostics_;
};

}  // namespace tactus::launch_file
