// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "output/table.hpp"
#include "tactus/middleware/names.hpp"

namespace rtctl {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

HostTopic topic_of(const Json& json) {
  return {json.at("name"), json.value("type", ""), json.value("publishers", Texts{}),
          json.value("subscribers", Texts{}), json.value("exported", true)};
}

Host host_of(const Json& json, const std::string& seen_from) {
  Host host;
  host.name = json.at("name");
  host.seen_from = seen_from;
  host.addresses = json.value("addresses", Texts{});
  host.since_ns = json.value("since_ns", std::int64_t{0});
  host.nodes = json.value("nodes", Texts{});
  for (const Json& topic : json.value("topics", Json::array())) host.topics.push_back(topic_of(topic));
  host.last_seen_ns = json.value("last_seen_ns", std::int64_t{0});
  host.delay_ns = json.value("delay_ns", std::int64_t{0});
  host.sheds = json.value("sheds", Texts{});
  if (json.contains("offset_ns"))
    host.clock = {json.value("round_trip_ns", std::int64_t{0}), json.at("offset_ns"),
                  json.value("uncertainty_ns", std::int64_t{0})};
  return host;
}

}  // namespace

std::vector<Host> parse_hosts(std::string_view text, const std::optional<std::string>& group) try {
  std::vector<Host> hosts;
  bool gateway = false;
  for (const Json& process : Json::parse(text).value("processes", Json::array())) {
    const Json status = process.value("status", Json::object());
    if (!status.contains("hosts") || (group && process.value("group", "") != *group)) continue;
    gateway = true;
    for (const Json& host : status.at("hosts")) hosts.push_back(host_of(host, status.value("host", "")));
  }
  if (!gateway)
    throw Failure{
        "no gateway runs here: a launch with 'network:' has one; --domain N looks from this machine itself"};
  return hosts;
} catch (const Json::exception& error) {
  throw Failure{
      fmt::format("the broker's answer cannot be read ({}): is rtctl of another version?", error.what())};
}

const Host& find_host(const std::vector<Host>& hosts, const std::string& name) {
  Texts names;
  for (const Host& host : hosts) {
    if (host.name == name) return host;
    names.push_back(host.name);
  }
  throw Failure{fmt::format("there is no host '{}'{}", name, tactus::did_you_mean(name, names))};
}

std::string offset_text(const Host& host) {
  if (!host.clock) return "-";
  const auto offset = static_cast<double>(host.clock->offset_ns);
  return fmt::format("{}{} +- {}", offset < 0 ? "-" : "+", duration_text(std::abs(offset)),
                     duration_text(static_cast<double>(host.clock->uncertainty_ns)));
}

std::size_t offered(const Host& host) {
  return static_cast<std::size_t>(std::ranges::count_if(
      host.topics, [](const HostTopic& topic) { return !topic.publishers.empty() && topic.exported; }));
}

std::size_t wanted(const Host& host) {
  return static_cast<std::size_t>(
      std::ranges::count_if(host.topics, [](const HostTopic& topic) { return !topic.subscribers.empty(); }));
}

}  // namespace rtctl
