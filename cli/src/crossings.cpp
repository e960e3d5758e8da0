// SPDX-License-Identifier: Apache-2.0
#include "crossings.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace rtctl {
namespace {

using Json = nlohmann::json;

Json crossings(std::string_view graph, const std::string& topic, const std::string& group) {
  Json found = Json::array();
  for (const Json& process : Json::parse(graph).value("processes", Json::array())) {
    if (process.value("group", "") != group) continue;
    const Json status = process.value("status", Json::object());
    for (const Json& crossing : status.value("topics", Json::array())) {
      if (crossing.value("topic", "") == topic) found.push_back(crossing);
    }
    for (const Json& refusal : status.value("refusals", Json::array())) {
      if (refusal.value("topic", "") == topic)
        found.push_back({{"direction", "none"}, {"reason", refusal.value("reason", "")}});
    }
  }
  return found;
}

std::uint64_t count(const Json& crossing, const char* name) { return crossing.value(name, std::uint64_t{0}); }

std::string priority_text(const Json& one) {
  const Json priority = one.value("priority", Json("keep"));
  if (!priority.is_number()) return "never shed";
  return fmt::format("priority {}{}", priority.get<int>(), one.value("shedding", false) ? ", shed now" : "");
}

/// A line per writer of another host whose last second is known from both sides.
std::string seconds_text(const Json& one) {
  std::string text;
  for (const Json& writer : one.value("writers", Json::array())) {
    if (!writer.contains("last_second")) continue;
    const Json& last = writer.at("last_second");
    text += fmt::format(
        "  from {}, a second: {} sent = {} received + {} lost + {} under way; {} shed, {} overwritten, {} "
        "refused{}\n",
        writer.value("host", ""), count(last, "sent"), count(last, "received"), count(last, "lost"),
        count(last, "under_way"), count(last, "shed"), count(last, "overwritten"), count(last, "refused"),
        writer.value("shedding", false) ? "; it is shed now" : "");
  }
  return text;
}

std::string line_of(const Json& one) {
  const std::string direction = one.value("direction", "");
  if (direction == "none") return fmt::format("network: does not cross: {}\n", one.value("reason", ""));
  if (direction == "out")
    return fmt::format("network out: {} sent to {} readers, {} overwritten, {} shed, {} refused; {}\n",
                       count(one, "sent"), count(one, "readers"), count(one, "overwritten"),
                       count(one, "shed"), count(one, "refused"), priority_text(one));
  std::string text =
      fmt::format("network in: {} received, {} lost, {} malformed, {} too large, {} without memory\n",
                  count(one, "received"), count(one, "lost"), count(one, "malformed"),
                  count(one, "too_large"), count(one, "dropped"));
  for (const Json& writer : one.value("writers", Json::array())) {
    if (writer.contains("peer"))
      text += fmt::format("network in: {}: {} malformed, {} too large\n", writer.value("peer", ""),
                          count(writer, "malformed"), count(writer, "too_large"));
  }
  return text + seconds_text(one);
}

}  // namespace

std::string crossings_json(std::string_view graph, const std::string& topic, const std::string& group) {
  return crossings(graph, topic, group).dump();
}

std::string crossings_text(std::string_view graph, const std::string& topic, const std::string& group) {
  std::string text;
  for (const Json& crossing : crossings(graph, topic, group)) text += line_of(crossing);
  return text;
}

}  // namespace rtctl
