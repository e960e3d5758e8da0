// SPDX-License-Identifier: Apache-2.0
#include <fmt/chrono.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "broker.hpp"
#include "command.hpp"
#include "hosts.hpp"
#include "output/table.hpp"
#include "tactus/middleware/time.hpp"

namespace rtctl {
namespace {

struct Options {
  std::string host;
  std::optional<std::string> group;
  bool json = false;
};

using Json = nlohmann::ordered_json;

double silent_ns(const Host& host) {
  return static_cast<double>(std::max<std::int64_t>(0, tactus::monotonic_ns() - host.last_seen_ns));
}

/// "2026-03-01 12:30:05", local time.
std::string since_text(const Host& host) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(host.since_ns / 1'000'000'000));
}

Json json_of(const Host& host) {
  Json json{{"name", host.name},
            {"addresses", host.addresses},
            {"since_ns", host.since_ns},
            {"nodes", host.nodes},
            {"offered", offered(host)},
            {"wanted", wanted(host)},
            {"last_seen_s", silent_ns(host) * 1e-9},
            {"delay_ns", host.delay_ns},
            {"sheds", host.sheds},
            {"round_trip_ns", nullptr},
            {"offset_ns", nullptr},
            {"uncertainty_ns", nullptr}};
  if (host.clock) {
    json["round_trip_ns"] = host.clock->round_trip_ns;
    json["offset_ns"] = host.clock->offset_ns;
    json["uncertainty_ns"] = host.clock->uncertainty_ns;
  }
  json["topics"] = Json::array();
  for (const HostTopic& topic : host.topics)
    json["topics"].push_back({{"name", topic.name},
                              {"type", topic.type},
                              {"publishers", topic.publishers},
                              {"subscribers", topic.subscribers},
                              {"exported", topic.exported}});
  return json;
}

std::string round_trip_text(const Host& host) {
  return host.clock ? duration_text(static_cast<double>(host.clock->round_trip_ns)) : "-";
}

int host_list(const Options& options) {
  const std::vector<Host> hosts = parse_hosts(read_graph_text(options.group.value_or("")), options.group);
  if (options.json) {
    Json list = Json::array();
    for (const Host& host : hosts) list.push_back(json_of(host));
    return print(list.dump(2) + "\n");
  }
  Table table{{"HOST", "ADDRESS", "SINCE", ">NODES", ">OFFERS", ">WANTS", ">ROUND TRIP", ">CLOCK", ">SEEN"}};
  for (const Host& host : hosts)
    table.add({host.name, fmt::format("{}", fmt::join(host.addresses, ", ")), since_text(host),
               std::to_string(host.nodes.size()), std::to_string(offered(host)), std::to_string(wanted(host)),
               round_trip_text(host), offset_text(host), duration_text(silent_ns(host)) + " ago"});
  return print(table.empty() ? "no other host is there\n" : table.text());
}

std::string topics_text(const Host& host) {
  Table table{{"TOPIC", "TYPE", "PUBLISHED BY", "TAKEN BY", "EXPORTED"}};
  for (const HostTopic& topic : host.topics)
    table.add({topic.name, topic.type, fmt::format("{}", fmt::join(topic.publishers, ", ")),
               fmt::format("{}", fmt::join(topic.subscribers, ", ")), topic.exported ? "yes" : "no"});
  return table.empty() ? "no topics\n" : table.text();
}

int host_info(const Options& options) {
  const std::vector<Host> hosts = parse_hosts(read_graph_text(options.group.value_or("")), options.group);
  const Host& host = find_host(hosts, options.host);
  if (options.json) return print(json_of(host).dump(2) + "\n");
  std::string text = fmt::format("{}  since {}\n", paint(Style::kHeading, host.name), since_text(host));
  for (const std::string& address : host.addresses) text += fmt::format("address: {}\n", address);
  text += fmt::format("round trip: {}\nclock: {}\nlast seen: {} ago\n", round_trip_text(host),
                      offset_text(host), duration_text(silent_ns(host)));
  if (host.delay_ns > 0 || !host.sheds.empty())
    text +=
        fmt::format("samples wait: {} on their way out\n", duration_text(static_cast<double>(host.delay_ns)));
  for (const std::string& topic : host.sheds)
    text += paint(Style::kWarning, fmt::format("shed: {}, to keep the others in time\n", topic));
  for (const std::string& node : host.nodes) text += fmt::format("node: {}{}\n", host.name, node);
  return print(text + "\n" + topics_text(host));
}

void add_options(CLI::App& verb, Options& options) {
  verb.add_flag("--json", options.json, "As JSON");
  add_group_option(verb, options.group, "Only this group");
}

}  // namespace

void add_host_list(CLI::App& host, Run& run) {
  CLI::App& verb =
      *host.add_subcommand("list", "Other hosts of the mesh: addresses, round trip, how their clocks differ");
  auto options = std::make_shared<Options>();
  add_options(verb, *options);
  verb.footer("Examples:\n  rtctl host list\n  rtctl host list --json");
  verb.callback([&run, options] { run = [options] { return host_list(*options); }; });
}

void add_host_info(CLI::App& host, Run& run) {
  CLI::App& verb = *host.add_subcommand("info", "One host: its nodes and topics");
  auto options = std::make_shared<Options>();
  verb.add_option("host", options->host, "Its name, as in rtctl host list")->required()->type_name("HOST");
  add_options(verb, *options);
  verb.footer("Examples:\n  rtctl host info robot\n  rtctl host info robot --json");
  verb.callback([&run, options] { run = [options] { return host_info(*options); }; });
}

}  // namespace rtctl
