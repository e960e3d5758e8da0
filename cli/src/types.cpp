// SPDX-License-Identifier: Apache-2.0
#include "types.hpp"

#include <fmt/format.h>

#include "broker.hpp"
#include "command.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/dynamic_type.hpp"
#include "tactus/msg/registry.hpp"

namespace rtctl {
namespace {

TypePointer parse_type(const std::string& json) {
  auto type = std::make_shared<tactus::DynamicType>(tactus::DynamicType::parse(json));
  return TypePointer{type, &type->info()};
}

std::string short_name(std::string_view full) { return std::string{full.substr(full.rfind('/') + 1)}; }

std::string without_msg(std::string_view full) {
  return fmt::format("{}/{}", full.substr(0, full.find('/')), short_name(full));
}

bool names(std::string_view wanted, std::string_view full) {
  return wanted == full || wanted == without_msg(full);
}

// The only shipped type of that last name; several are an error.
const tactus::TypeInfo* by_last_name(std::string_view name) {
  const tactus::TypeInfo* found = nullptr;
  for (const tactus::TypeInfo* type : tactus::known_types()) {
    if (short_name(type->name) != name) continue;
    if (found != nullptr) throw Failure{fmt::format("'{}' may be {} or {}", name, found->name, type->name)};
    found = type;
  }
  return found;
}

TypePointer from_running_system(std::string_view name) try {
  for (const auto& [id, json] : read_graph().types) {
    TypePointer type = parse_type(json);
    if (names(name, type->name)) return type;
  }
  return nullptr;
} catch (const Failure&) {  // nothing is running: then it knows no types
  return nullptr;
}

std::vector<std::string> all_names() {
  std::vector<std::string> all;
  for (const tactus::TypeInfo* type : tactus::known_types()) {
    all.push_back(without_msg(type->name));
    all.push_back(type->name);
    all.push_back(short_name(type->name));
  }
  return all;
}

}  // namespace

TypePointer type_named(std::string_view name) {
  const tactus::TypeInfo* known = tactus::find_type(name);
  if (known == nullptr) known = by_last_name(name);
  if (known != nullptr) return TypePointer{TypePointer{}, known};
  if (TypePointer type = from_running_system(name)) return type;
  throw Failure{
      fmt::format("there is no message type '{}'{}", name, tactus::did_you_mean(name, all_names()))};
}

TypePointer type_of_topic(const Graph& graph, const Topic& topic) {
  for (const auto* endpoints : {&topic.publishers, &topic.subscribers}) {
    for (const Endpoint& endpoint : *endpoints) {
      const auto type = graph.types.find(endpoint.type_id);
      if (type != graph.types.end()) return parse_type(type->second);
    }
  }
  if (topic.publishers.empty() && topic.subscribers.empty())
    throw Failure{
        fmt::format("the type of {} is not known: nothing publishes or takes it any more", topic.name)};
  throw Failure{
      fmt::format("{} carries {} of a participant that serves no schema, and it is none of the types that "
                  "ship with Tactus",
                  topic.name, topic.types.empty() ? "a type" : topic.types.front())};
}

}  // namespace rtctl
