// SPDX-License-Identifier: Apache-2.0
#include "tactus/msg/dynamic_type.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
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
constexpr std::size_t kMaxLeaves = 1U << 16;
constexpr const char* kKindNames[] = {"bool",   "byte",    "char",    "int8",   "uint8",
                                      "int16",  "uint16",  "int32",   "uint32", "int64",
                                      "uint64", "float32", "float64", "string", "message"};

void collect(const TypeInfo& type, Json& types) {
  if (types.contains(type.name)) return;
  Json fields = Json::array();
  for (const Field& field : type.fields) {
    fields.push_back({field.name, static_cast<int>(field.kind), static_cast<int>(field.shape), field.in_tail,
                      field.bound, field.string_bound, field.offset,
                      field.type != nullptr ? field.type->name : ""});
    if (field.type != nullptr) collect(*field.type, types);
  }
  types[type.name] = {{"size", type.size},   {"alignment", type.alignment},
                      {"plain", type.plain}, {"packed", type.packed},
                      {"fields", fields},    {"hash", type.hash}};
}

[[noreturn]] void refuse(const std::string& reason) {
  throw std::invalid_argument{"not a message type: " + reason};
}

std::string joined(const std::string& path, const char* name) {
  return path.empty() ? name : path + "." + name;
}

std::string difference(const TypeInfo& here, const TypeInfo& there, const std::string& path) {
  for (std::size_t i = 0; i < std::max(here.fields.size(), there.fields.size()); ++i) {
    if (i >= here.fields.size())
      return fmt::format("field '{}': only there", joined(path, there.fields[i].name));
    if (i >= there.fields.size())
      return fmt::format("field '{}': only here", joined(path, here.fields[i].name));
    const Field &a = here.fields[i], &b = there.fields[i];
    const std::string name = joined(path, a.name);
    if (std::string_view{a.name} != b.name)
      return fmt::format("field '{}' here is '{}' there", name, joined(path, b.name));
    if (type_text(a) != type_text(b))
      return fmt::format("field '{}': {} here, {} there", name, type_text(a), type_text(b));
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
  if (field.shape == FieldShape::kSequence)
    text += field.bound != 0 ? fmt::format("[<={}]", field.bound) : "[]";
  return text;
}

std::string serialize_type(const TypeInfo& type) {
  Json types = Json::object();
  collect(type, types);
  return Json{{"name", type.name}, {"schema", type.schema}, {"types", types}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

std::string first_difference(const TypeInfo& here, const TypeInfo& there) {
  if (std::string_view{here.name} != there.name)
    return fmt::format("type {} here, {} there", here.name, there.name);
  auto found = difference(here, there, "");
  if (found.empty() && here.hash != there.hash) return "the same fields, other hash";
  return found;
}

namespace {

/// An unsigned number that is written as one: nothing is converted or cut off.
std::uint32_t number(const Json& json) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > UINT32_MAX)
    refuse("'" + json.dump() + "' is no 32-bit number");
  return json.get<std::uint32_t>();
}

std::string identifier(const Json& json) {
  std::string name = json.get<std::string>();
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '/'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed))
    refuse(json.dump(-1, ' ', true) + " is no name");
  return name;
}

constexpr std::uint64_t round_up(std::uint64_t bytes, std::uint64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Where the generator would put a field. A table that says otherwise lies: its fields could overlap, and
/// writing one would forge the offset of another.
struct Place {
  std::uint64_t size;
  std::uint64_t alignment;
  bool in_tail;
};

std::uint64_t element_alignment(const Field& field) {
  if (field.type != nullptr) return field.type->alignment;
  return field.kind == FieldKind::kString ? 4 : detail::scalar_bytes(field.kind);
}

Place place_of(const Field& field) {
  const std::uint64_t element = detail::element_bytes(field);
  const std::uint64_t alignment = element_alignment(field);
  const bool text = field.kind == FieldKind::kString && !detail::inline_string(field);
  if (field.shape == FieldShape::kSingle) return {element, alignment, text};
  if (field.shape == FieldShape::kArray) return {field.bound * element, alignment, text};
  const bool plain = field.type != nullptr ? field.type->plain : !text;
  if (field.bound == 0 || !plain || field.bound * element > kInlineBytes)
    return {sizeof(detail::Run), alignof(detail::Run), true};
  const std::uint64_t head = std::max<std::uint64_t>(sizeof(std::uint32_t), alignment);
  return {round_up(head + field.bound * element, head), head, false};
}

bool packed_field(const Field& field) {
  if (field.shape == FieldShape::kSequence || field.kind == FieldKind::kString ||
      field.kind == FieldKind::kBool)
    return false;
  return field.type == nullptr || field.type->packed;
}

std::uint64_t first_leaf_alignment(const TypeInfo& type) {
  const Field& first = type.fields.front();
  return first.type != nullptr && !place_of(first).in_tail && first.shape != FieldShape::kSequence
             ? first_leaf_alignment(*first.type)
             : place_of(first).alignment;
}

/// Throws unless size, alignment, offsets and flags are those of the generator.
void check_layout(const TypeInfo& type) {
  std::uint64_t end = 0, alignment = 1;
  bool plain = true, packed = true;
  for (const Field& field : type.fields) {
    const Place place = place_of(field);
    const std::uint64_t offset = round_up(end, place.alignment);
    if (field.offset != offset || field.in_tail != place.in_tail || place.size > kMaxStructBytes) {
      refuse(fmt::format("field '{}' of {} is not where it belongs", field.name, type.name));
    }
    packed = packed && offset == end && packed_field(field);
    plain = plain && !place.in_tail && (field.type == nullptr || field.type->plain);
    end = offset + place.size;
    alignment = std::max(alignment, place.alignment);
  }
  packed = packed && end == round_up(end, alignment) && first_leaf_alignment(type) == alignment;
  if (round_up(end, alignment) > kMaxStructBytes) refuse(fmt::format("{} has {} bytes", type.name, end));
  if (type.size != round_up(end, alignment) || type.alignment != alignment || type.plain != plain ||
      type.packed != packed) {
    refuse(fmt::format("size, alignment or flags of {} are not those of its fields", type.name));
  }
}

}  // namespace

/// Strings and tables have addresses that stay: deques.
struct DynamicType::Tables {
  const Json* source = nullptr;
  std::deque<std::string> texts;
  std::deque<std::vector<Field>> fields;
  std::map<std::string, TypeInfo> types;
  std::map<const TypeInfo*, std::size_t> leaves;  ///< fields on every path below a type
  TypeInfo* root = nullptr;

  const char* keep(std::string text) { return texts.emplace_back(std::move(text)).c_str(); }

  TypeInfo& load(const std::string& name, int depth) {
    if (depth > kMaxDepth) refuse("nested too deep at " + name);
    if (const auto known = types.find(name); known != types.end()) return known->second;
    const Json& json = source->at("types").at(name);
    std::vector<Field> members;
    std::size_t below = 0;
    for (const Json& row : json.at("fields")) {
      members.push_back(field(row, name, depth));
      below += 1 + (members.back().type != nullptr ? leaves.at(members.back().type) : 0);
      if (below > kMaxLeaves) refuse(name + " has too many fields");
    }
    if (members.empty()) refuse(name + " has no fields");
    TypeInfo type{};
    type.name = keep(name);
    type.size = number(json.at("size"));
    type.alignment = number(json.at("alignment"));
    type.plain = json.at("plain");
    type.packed = json.at("packed");
    type.hash = json.at("hash").get<std::array<std::uint8_t, 32>>();
    type.fields = fields.emplace_back(std::move(members));
    check_layout(type);
    TypeInfo& kept = types.emplace(name, type).first->second;
    leaves.emplace(&kept, below);
    return kept;
  }

  Field field(const Json& row, const std::string& owner, int depth) {
    const std::uint32_t kind = number(row.at(1)), shape = number(row.at(2));
    if (kind > static_cast<std::uint32_t>(FieldKind::kMessage) ||
        shape > static_cast<std::uint32_t>(FieldShape::kSequence)) {
      refuse("kind of a field of " + owner);
    }
    Field field{keep(identifier(row.at(0))),
                static_cast<FieldKind>(kind),
                static_cast<FieldShape>(shape),
                row.at(3),
                number(row.at(4)),
                number(row.at(5)),
                number(row.at(6)),
                nullptr};
    const bool bounds_fit = (field.shape != FieldShape::kSingle || field.bound == 0) &&
                            (field.shape != FieldShape::kArray || field.bound > 0) &&
                            (field.kind == FieldKind::kString || field.string_bound == 0);
    if (!bounds_fit) refuse(fmt::format("bounds of field '{}' of {}", field.name, owner));
    if (field.kind == FieldKind::kMessage) field.type = &load(identifier(row.at(7)), depth + 1);
    return field;
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
    tables->root = &tables->load(identifier(json.at("name")), 0);
    tables->root->schema = tables->keep(json.at("schema").get<std::string>());
    tables->source = nullptr;
    return DynamicType{std::move(tables)};
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

}  // namespace tactus
