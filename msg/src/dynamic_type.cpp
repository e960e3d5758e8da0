// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/dynamic_type.hpp"

#include <fmt/core.h>

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "tactus/msg/codec.hpp"

namespace tactus {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr std::uint32_t kMaxStructBytes = 1U << 24;
constexpr const char* kKindNames[] = {"bool",  "byte",   "char",  "int8",   "uint8",   "int16",   "uint16", "int32",
                                      "uint32", "int64", "uint64", "float32", "float64", "string", "message"};

void collect(const TypeInfo& type, Json& types) {
  if (types.contains(type.name)) return;
  Json fields = Json::array();
  for (const Field& field : type.fields) {
    fields.push_back({field.name, static_cast<int>(field.kind), static_cast<int>(field.shape), field.in_tail, field.bound,
                      field.string_bound, field.offset, field.type != nullptr ? field.type->name : ""});
    if (field.type != nullptr) collect(*field.type, types);
  }
  types[type.name] = {{"size", type.size}, {"alignment", type.alignment}, {"plain", type.plain}, {"packed", type.packed},
                      {"fields", fields}, {"hash", type.hash}};
}

[[noreturn]] void refuse(const std::string& reason) { throw std::invalid_argument{"not a message type: " + reason}; }

std::string joined(const std::string& path, const char* name) { return path.empty() ? name : path + "." + name; }

std::string difference(const TypeInfo& here, const TypeInfo& there, const std::string& path) {
  for (std::size_t i = 0; i < std::max(here.fields.size(), there.fields.size()); ++i) {
    if (i >= here.fields.size()) return fmt::format("field '{}': only there", joined(path, there.fields[i].name));
    if (i >= there.fields.size()) return fmt::format("field '{}': only here", joined(path, here.fields[i].name));
    const Field &a = here.fields[i], &b = there.fields[i];
    const std::string name = joined(path, a.name);
    if (std::string_view{a.name} != b.name) return fmt::format("field '{}' here is '{}' there", name, joined(path, b.name));
    if (type_text(a) != type_text(b)) return fmt::format("field '{}': {} here, {} there", name, type_text(a), type_text(b));
    if (a.type != nullptr) {
      if (auto below = difference(*a.type, *b.type, name); !below.empty()) return below;
    }
  }
  return {};
}

}  // namespace

std::string type_text(const Field& field) {
  std::string text = kKindNames[static_cast<int>(field.kind)];
  if (field.kind == FieldKind::kMessage) {
    text = field.type->name;
    if (const auto at = text.find("/msg/"); at != std::string::npos) text.erase(at, 4);
  }
  if (field.string_bound != 0) text += fmt::format("<={}", field.string_bound);
  if (field.shape == FieldShape::kArray) text += fmt::format("[{}]", field.bound);
  if (field.shape == FieldShape::kSequence) text += field.bound != 0 ? fmt::format("[<={}]", field.bound) : "[]";
  return text;
}

std::string serialize_type(const TypeInfo& type) {
  Json types = Json::object();
  collect(type, types);
  return Json{{"name", type.name}, {"schema", type.schema}, {"types", types}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string first_difference(const TypeInfo& here, const TypeInfo& there) {
  if (std::string_view{here.name} != there.name) return fmt::format("type {} here, {} there", here.name, there.name);
  auto found = difference(here, there, "");
  if (found.empty() && here.hash != there.hash) return "the same fields, other hash";
  return found;
}

/// Strings and tables have addresses that stay: deques.
struct DynamicType::Tables {
  const Json* source = nullptr;
  std::deque<std::string> texts;
  std::deque<std::vector<Field>> fields;
  std::map<std::string, TypeInfo> types;
  TypeInfo* root = nullptr;

  const char* keep(std::string text) { return texts.emplace_back(std::move(text)).c_str(); }

  TypeInfo& load(const std::string& name, int depth) {
    if (depth > kMaxDepth) refuse("nested too deep at " + name);
    if (const auto known = types.find(name); known != types.end()) return known->second;
    const Json& json = source->at("types").at(name);
    TypeInfo type{};
    type.name = keep(name);
    type.size = json.at("size");
    type.alignment = json.at("alignment");
    type.plain = json.at("plain");
    type.packed = json.at("packed");
    type.hash = json.at("hash").get<std::array<std::uint8_t, 32>>();
    if (type.size == 0 || type.size > kMaxStructBytes) refuse(fmt::format("{} has size {}", name, type.size));
    if (type.alignment != 1 && type.alignment != 2 && type.alignment != 4 && type.alignment != 8) refuse("alignment of " + name);
    std::vector<Field> members;
    for (const Json& row : json.at("fields")) members.push_back(field(row, name, type.size, depth));
    if (members.empty()) refuse(name + " has no fields");
    for (const Field& member : members) {
      if (member.type != nullptr && ((type.packed && !member.type->packed) || (type.plain && !member.type->plain))) {
        refuse(name + " is marked plain but holds " + member.type->name);
      }
      if (type.packed && (member.shape == FieldShape::kSequence || member.kind == FieldKind::kString)) refuse(name + " is marked packed");
    }
    type.fields = fields.emplace_back(std::move(members));
    return types.emplace(name, type).first->second;
  }

  Field field(const Json& row, const std::string& owner, std::uint32_t owner_bytes, int depth) {
    const int kind = row.at(1), shape = row.at(2);
    if (kind < 0 || kind > static_cast<int>(FieldKind::kMessage) || shape < 0 || shape > static_cast<int>(FieldShape::kSequence)) {
      refuse("kind of a field of " + owner);
    }
    Field field{keep(row.at(0).get<std::string>()), static_cast<FieldKind>(kind), static_cast<FieldShape>(shape), row.at(3),
                row.at(4), row.at(5), row.at(6), nullptr};
    if (field.kind == FieldKind::kMessage) field.type = &load(row.at(7).get<std::string>(), depth + 1);
    if (field.offset > owner_bytes || bytes_of(field) > owner_bytes - field.offset) {
      refuse(fmt::format("field '{}' lies outside {}", field.name, owner));
    }
    return field;
  }

  static std::uint64_t bytes_of(const Field& field) {
    if (field.shape == FieldShape::kSequence && field.in_tail) return sizeof(detail::Run);
    if (field.shape == FieldShape::kSequence && field.bound == 0) refuse("an unbounded inline sequence");
    if (field.string_bound > kMaxStructBytes) refuse("bound of a string");
    const std::uint64_t count = field.shape == FieldShape::kSingle ? 1 : field.bound;
    const std::uint64_t align = field.type != nullptr ? field.type->alignment : std::max<std::size_t>(4, detail::scalar_bytes(field.kind));
    const std::uint64_t head = field.shape == FieldShape::kSequence ? std::max<std::uint64_t>(4, align) : 0;
    return head + count * detail::element_bytes(field);
  }
};

DynamicType::DynamicType(std::unique_ptr<Tables> tables) : tables_{std::move(tables)} {}
DynamicType::DynamicType(DynamicType&&) noexcept = default;
DynamicType& DynamicType::operator=(DynamicType&&) noexcept = default;
DynamicType::~DynamicType() = default;

const TypeInfo& DynamicType::info() const noexcept { return *tables_->root; }

DynamicType DynamicType::parse(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    auto tables = std::make_unique<Tables>();
    tables->source = &json;
    tables->root = &tables->load(json.at("name").get<std::string>(), 0);
    tables->root->schema = tables->keep(json.at("schema").get<std::string>());
    tables->source = nullptr;
    return DynamicType{std::move(tables)};
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

}  // namespace tactus
