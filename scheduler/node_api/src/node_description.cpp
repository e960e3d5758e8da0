// SPDX-License-Identifier: Apache-2.0
#include "tactus/node_description.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tactus {
namespace {

nlohmann::json bound(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); }

double bound_from(const nlohmann::json& json, double none) {
  return json.is_null() ? none : json.get<double>();
}

nlohmann::json to_json(const PortDescription& port) {
  return {{"name", port.name},
          {"direction", port.direction == PortDirection::kInput ? "input" : "output"},
          {"type", port.type_name},
          {"type_json", port.type_json},
          {"optional", port.optional},
          {"depth", port.depth},
          {"max_held", port.max_held},
          {"history", port.history},
          {"max_loans", port.max_loans},
          {"max_bytes", port.max_bytes},
          {"max_bytes_guessed", port.max_bytes_guessed}};
}

PortDescription port_from(const nlohmann::json& json) {
  return {json.at("name"),
          json.at("direction") == "input" ? PortDirection::kInput : PortDirection::kOutput,
          json.at("type"),
          json.at("type_json"),
          json.at("optional"),
          json.at("depth"),
          json.at("max_held"),
          json.at("history"),
          json.at("max_loans"),
          json.at("max_bytes"),
          json.at("max_bytes_guessed")};
}

nlohmann::json to_json(const ParameterDescription& parameter) {
  return {{"name", parameter.name},
          {"kind", kind_name(parameter.initial)},
          {"default", tactus::to_json(parameter.initial)},
          {"min", bound(parameter.options.min)},
          {"max", bound(parameter.options.max)},
          {"unit", parameter.options.unit},
          {"help", parameter.options.help}};
}

ParameterDescription parameter_description_from(const nlohmann::json& json) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ParameterDescription parameter{json.at("name"), parameter_from_json(json.at("default")), {}};
  // JSON has one kind of number: 9.0 may come back as an integer.
  if (json.at("kind") == "float") parameter.initial = json.at("default").get<double>();
  parameter.options = {bound_from(json.at("min"), -kInfinity), bound_from(json.at("max"), kInfinity),
                       json.at("unit"), json.at("help")};
  return parameter;
}

std::string text(const ParameterValue& value) { return tactus::to_json(value).dump(); }

}  // namespace

nlohmann::json to_json(const ParameterValue& value) {
  return std::visit([](const auto& v) { return nlohmann::json(v); }, value);
}

ParameterValue parameter_from_json(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  throw std::invalid_argument{fmt::format("a parameter is a bool, a number or a text, not {}", json.dump())};
}

ParameterValue parameter_from_text(const ParameterDescription& declared, const std::string& text) {
  if (std::holds_alternative<std::string>(declared.initial)) return text;
  if (text == "true" || text == "false") return text == "true";
  std::int64_t whole = 0;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc{} && read.ptr == end)
    return whole;
  double real = 0;
  if (const auto read = std::from_chars(text.data(), end, real); read.ec == std::errc{} && read.ptr == end)
    return real;
  return text;  // the check says what is wanted
}

const char* kind_name(const ParameterValue& value) noexcept {
  constexpr const char* kNames[] = {"bool", "int", "float", "string"};
  return kNames[value.index()];
}

nlohmann::json to_json(const NodeDescription& description) {
  nlohmann::json json{{"class", description.class_name},    {"has_step", description.has_step},
                      {"has_run", description.has_run},     {"has_coroutine", description.has_coroutine},
                      {"ports", nlohmann::json::array()},   {"parameters", nlohmann::json::array()},
                      {"metrics", nlohmann::json::array()}, {"chains", description.chains}};
  for (const auto& port : description.ports) json["ports"].push_back(to_json(port));
  for (const auto& parameter : description.parameters) json["parameters"].push_back(to_json(parameter));
  for (const auto& [name, options] : description.metrics)
    json["metrics"].push_back({{"name", name}, {"unit", options.unit}, {"help", options.help}});
  return json;
}

NodeDescription description_from_json(const nlohmann::json& json) {
  NodeDescription description;
  json.at("class").get_to(description.class_name);
  json.at("has_step").get_to(description.has_step);
  json.at("has_run").get_to(description.has_run);
  json.at("has_coroutine").get_to(description.has_coroutine);
  json.at("chains").get_to(description.chains);
  for (const auto& port : json.at("ports")) description.ports.push_back(port_from(port));
  for (const auto& parameter : json.at("parameters"))
    description.parameters.push_back(parameter_description_from(parameter));
  for (const auto& metric : json.at("metrics"))
    description.metrics.push_back({metric.at("name"), {metric.at("unit"), metric.at("help")}});
  return description;
}

ParameterValue checked_parameter(const ParameterDescription& declared, const ParameterValue& given) {
  ParameterValue value = given;
  if (std::holds_alternative<double>(declared.initial) && std::holds_alternative<std::int64_t>(given)) {
    value = static_cast<double>(std::get<std::int64_t>(given));
  }
  if (value.index() != declared.initial.index()) {
    throw std::invalid_argument{fmt::format("parameter '{}' is {}, not {} ({})", declared.name,
                                            kind_name(declared.initial), text(given), kind_name(given))};
  }
  const double* real = std::get_if<double>(&value);
  const std::int64_t* whole = std::get_if<std::int64_t>(&value);
  if (real == nullptr && whole == nullptr) return value;
  const double number = real != nullptr ? *real : static_cast<double>(*whole);
  if (!(number >= declared.options.min && number <= declared.options.max)) {
    throw std::invalid_argument{fmt::format("parameter '{}' is {}, allowed are {} to {} {}", declared.name,
                                            text(value), declared.options.min, declared.options.max,
                                            declared.options.unit)};
  }
  return value;
}

}  // namespace tactus
