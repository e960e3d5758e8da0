// SPDX-License-Identifier: Apache-2.0
#include "tactus/scheduler/yaml_value.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <stdexcept>

namespace tactus {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxAliased = 10'000;  // aliases multiply; without them each value takes a byte of text

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) {
  throw std::invalid_argument{fmt::format("{}:{}: {}", mark.line + 1, mark.column + 1, why)};
}

// As YAML 1.1, which ROS reads, resolves plain words; but y and n are texts.
Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // was quoted
  bool flag = false;
  if (text.size() > 1 && YAML::convert<bool>::decode(node, flag)) return flag;
  std::int64_t number = 0;
  if (YAML::convert<std::int64_t>::decode(node, number)) return number;
  std::uint64_t large = 0;
  if (YAML::convert<std::uint64_t>::decode(node, large)) return large;
  double real = 0;
  if (YAML::convert<double>::decode(node, real)) return real;
  return text;
}

class Converter {
 public:
  explicit Converter(std::size_t text_bytes) : max_values_{text_bytes + kMaxAliased} {}

  YamlValue whole(const YAML::Node& node) {
    YamlValue result;
    result.value = value(node, "", 0);
    result.positions = std::move(positions_);
    return result;
  }

 private:
  Json value(const YAML::Node& node, const std::string& path, int depth) {
    if (depth > kMaxDepth) refuse(node.Mark(), "nested too deeply");
    if (++values_ > max_values_) refuse(node.Mark(), "too many values");
    if (node.IsMap()) return object(node, path, depth);
    if (node.IsSequence()) return list(node, path, depth);
    return node.IsScalar() ? scalar(node) : Json{};
  }

  Json object(const YAML::Node& node, const std::string& path, int depth) {
    Json result = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) refuse(entry.first.Mark(), "a name is expected before ':'");
      const std::string& name = entry.first.Scalar();
      if (result.contains(name)) refuse(entry.first.Mark(), fmt::format("'{}' is given twice", name));
      const std::string below = path.empty() ? name : fmt::format("{}.{}", path, name);
      remember(below, entry.first);
      result[name] = value(entry.second, below, depth + 1);
    }
    return result;
  }

  Json list(const YAML::Node& node, const std::string& path, int depth) {
    Json result = Json::array();
    for (const YAML::Node& item : node) {
      const std::string below = fmt::format("{}[{}]", path, result.size());
      if (item.Mark().line >= 0 && node.size() <= kMaxRemembered) remember(below, item);
      result.push_back(value(item, below, depth + 1));
    }
    return result;
  }

  void remember(const std::string& path, const YAML::Node& node) {
    positions_[path] = {node.Mark().line + 1, node.Mark().column + 1};
  }

  static constexpr std::size_t kMaxRemembered = 1000;  // items of one list
  std::map<std::string, YamlPosition> positions_;
  const std::size_t max_values_;
  std::size_t values_ = 0;
};

}  // namespace

YamlValue parse_yaml_value(std::string_view text) try {
  return Converter{text.size()}.whole(YAML::Load(std::string{text}));
} catch (const YAML::Exception& error) {
  refuse(error.mark, error.msg);
}

}  // namespace tactus
