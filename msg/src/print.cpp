// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/print.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "tactus/msg/codec.hpp"
#include "tactus/msg/dynamic_type.hpp"

namespace tactus {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Calls `with` with the scalar's value in its own type.
template <typename With>
auto visit_scalar(FieldKind kind, const std::byte* at, With with) {
  switch (kind) {
    case FieldKind::kBool:
      return with(load<std::uint8_t>(at) != 0);
    case FieldKind::kInt8:
      return with(load<std::int8_t>(at));
    case FieldKind::kInt16:
      return with(load<std::int16_t>(at));
    case FieldKind::kUint16:
      return with(load<std::uint16_t>(at));
    case FieldKind::kInt32:
      return with(load<std::int32_t>(at));
    case FieldKind::kUint32:
      return with(load<std::uint32_t>(at));
    case FieldKind::kInt64:
      return with(load<std::int64_t>(at));
    case FieldKind::kUint64:
      return with(load<std::uint64_t>(at));
    case FieldKind::kFloat32:
      return with(load<float>(at));
    case FieldKind::kFloat64:
      return with(load<double>(at));
    default:
      return with(load<std::uint8_t>(at));
  }
}

std::string number_text(auto value) {
  using T = decltype(value);
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return ".nan";
    if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
    std::string text = fmt::format("{}", value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  } else {
    return fmt::format("{}", value);
  }
}

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Plain where YAML reads it back as the same text.
std::string yaml_text(std::string_view text) {
  if (text.empty()) return "''";
  const bool simple = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_/.-", c) != nullptr;
  });
  const bool word = std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_' || text[0] == '/';
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool special = lower == "true" || lower == "false" || lower == "null" || lower == "yes" ||
                       lower == "no" || lower == "on" || lower == "off" || lower == "y" || lower == "n";
  return simple && word && !special ? std::string{text} : quoted(text);
}

class YamlPrinter {
 public:
  explicit YamlPrinter(const PrintOptions& options) : options_{options} {}

  void object(const TypeInfo& type, const std::byte* object, int indent) {
    for (const Field& field : type.fields) {
      text_ += std::string(static_cast<std::size_t>(indent), ' ') + field.name + ":";
      value(field, object, indent);
    }
  }
  void value(const Field& field, const std::byte* object, int indent) {
    const auto elements = detail::elements_of(field, object);
    if (field.shape == FieldShape::kSingle) return element(field, elements.data, indent + 2, "\n");
    if (options_.no_arrays) {
      text_ += fmt::format(" '<{} elements: {}>'\n", elements.count, type_text(field));
      return;
    }
    text_ += elements.count == 0 ? " []\n" : "\n";
    for (std::size_t i = 0; i < elements.count; ++i) {
      text_ += std::string(static_cast<std::size_t>(std::max(indent, 0)), ' ') + "-";
      if (i >= options_.max_elements) {
        text_ += " '...'\n";
        return;
      }
      element(field, elements.data + i * detail::element_bytes(field), indent + 2, " ");
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void element(const Field& field, const std::byte* at, int indent, const char* before_object) {
    if (field.kind == FieldKind::kMessage) {
      YamlPrinter nested{options_};
      nested.object(*field.type, at, indent);
      std::string text = nested.take();
      // The first line of a list's element stands behind its dash.
      if (*before_object == ' ') text.erase(0, static_cast<std::size_t>(indent));
      text_ += before_object + text;
      return;
    }
    text_ += " " +
             (field.kind == FieldKind::kString
                  ? yaml_text(detail::text_of(field, at))
                  : visit_scalar(field.kind, at, [](auto v) { return number_text(v); })) +
             "\n";
  }

  const PrintOptions& options_;
  std::string text_;
};

Json json_object(const TypeInfo& type, const std::byte* object, const PrintOptions& options);

Json json_element(const Field& field, const std::byte* at, const PrintOptions& options) {
  if (field.kind == FieldKind::kMessage) return json_object(*field.type, at, options);
  if (field.kind == FieldKind::kString) return std::string{detail::text_of(field, at)};
  return visit_scalar(field.kind, at, [](auto value) { return Json(value); });
}

Json json_value(const Field& field, const std::byte* object, const PrintOptions& options) {
  const auto elements = detail::elements_of(field, object);
  if (field.shape == FieldShape::kSingle) return json_element(field, elements.data, options);
  if (options.no_arrays) return fmt::format("<{} elements: {}>", elements.count, type_text(field));
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(elements.count, options.max_elements); ++i) {
    list.push_back(json_element(field, elements.data + i * detail::element_bytes(field), options));
  }
  if (elements.count > options.max_elements) list.push_back("...");
  return list;
}

Json json_object(const TypeInfo& type, const std::byte* object, const PrintOptions& options) {
  Json json = Json::object();
  for (const Field& field : type.fields) json[field.name] = json_value(field, object, options);
  return json;
}

std::string field_names(const TypeInfo& type) {
  std::string names;
  for (const Field& field : type.fields) names += (names.empty() ? "" : ", ") + std::string{field.name};
  return names;
}

const Field& find_field(const TypeInfo& type, std::string_view name) {
  for (const Field& field : type.fields) {
    if (name == field.name) return field;
  }
  throw std::invalid_argument{
      fmt::format("{} has no field '{}'; it has {}", type.name, name, field_names(type))};
}

/// Follows "a.b.c" down single messages; the object is moved along.
const Field& follow(const TypeInfo& type, std::string_view path, const std::byte*& object) {
  const auto dot = path.find('.');
  const Field& field = find_field(type, path.substr(0, dot));
  if (dot == std::string_view::npos) return field;
  if (field.kind != FieldKind::kMessage || field.shape != FieldShape::kSingle) {
    throw std::invalid_argument{fmt::format("field '{}' of {} is {}: nothing lies below it", field.name,
                                            type.name, type_text(field))};
  }
  object += field.offset;
  return follow(*field.type, path.substr(dot + 1), object);
}

/// Writes JSON values into a block; `path` names the field in errors.
class Assigner {
 public:
  explicit Assigner(BlockHeader& block) : block_{block} {}

  void object(const TypeInfo& type, std::byte* object, const nlohmann::json& values,
              const std::string& path) {
    if (!values.is_object()) refuse(path, type.name, values);
    for (const auto& [name, value] : values.items()) {
      const Field& field = find_field(type, name);
      assign(field, object, value, path.empty() ? name : path + "." + name);
    }
  }

 private:
  [[noreturn]] static void refuse(const std::string& path, std::string_view expected,
                                  const nlohmann::json& value) {
    throw std::invalid_argument{fmt::format("field '{}' is {}, not {}", path, expected, value.dump())};
  }

  void assign(const Field& field, std::byte* object, const nlohmann::json& value, const std::string& path) {
    if (field.shape == FieldShape::kSingle) return element(field, object + field.offset, value, path);
    if (!value.is_array()) refuse(path, type_text(field), value);
    if (field.shape == FieldShape::kArray && value.size() != field.bound) {
      throw std::invalid_argument{
          fmt::format("field '{}' has {} elements, not {}", path, field.bound, value.size())};
    }
    std::byte* at = detail::resize_elements(field, object, value.size(), block_);
    if (at == nullptr)
      throw std::invalid_argument{
          fmt::format("field '{}': {} elements are more than fit", path, value.size())};
    for (std::size_t i = 0; i < value.size(); ++i) {
      element(field, at + i * detail::element_bytes(field), value[i], fmt::format("{}[{}]", path, i));
    }
  }

  void element(const Field& field, std::byte* at, const nlohmann::json& value, const std::string& path) {
    if (field.kind == FieldKind::kMessage) return object(*field.type, at, value, path);
    if (field.kind == FieldKind::kString) {
      if (!value.is_string()) refuse(path, type_text(field), value);
      if (!detail::assign_text(field, at, value.get_ref<const std::string&>(), block_)) {
        throw std::invalid_argument{fmt::format("field '{}': the text is too long", path)};
      }
      return;
    }
    visit_scalar(field.kind, at, [&](auto old) { scalar<decltype(old)>(field, at, value, path); });
  }

  template <typename T>
  void scalar(const Field& field, std::byte* at, const nlohmann::json& value, const std::string& path) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!value.is_boolean()) refuse(path, "bool", value);
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!value.is_number()) refuse(path, type_text(field), value);
    } else {
      const bool fits = value.is_number_unsigned()
                            ? std::in_range<T>(value.get<std::uint64_t>())
                            : value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
      if (!fits) refuse(path, type_text(field), value);
    }
    const T typed = value.get<T>();
    std::memcpy(at, &typed, sizeof typed);
  }

  BlockHeader& block_;
};

}  // namespace

std::string to_yaml(const TypeInfo& type, const void* root, const PrintOptions& options) {
  const auto* object = static_cast<const std::byte*>(root);
  YamlPrinter printer{options};
  if (options.field.empty()) {
    printer.object(type, object, 0);
    return printer.take();
  }
  const Field& field = follow(type, options.field, object);
  printer.value(field, object, -2);
  std::string text = printer.take();
  text.erase(0, text.find_first_not_of(" \n"));
  return text;
}

std::string to_json(const TypeInfo& type, const void* root, const PrintOptions& options) {
  const auto* object = static_cast<const std::byte*>(root);
  Json json;
  if (options.field.empty()) {
    json = json_object(type, object, options);
  } else {
    const Field& field = follow(type, options.field, object);
    json = json_value(field, object, options);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void assign_json(const TypeInfo& type, std::byte* block, const nlohmann::json& values) {
  Assigner{*reinterpret_cast<BlockHeader*>(block)}.object(type, block_root_bytes(block), values, "");
}

}  // namespace tactus
