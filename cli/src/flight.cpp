// SPDX-License-Identifier: Apache-2.0
#include "flight.hpp"

#include <algorithm>

#include "command.hpp"
#include "network.hpp"
#include "tactus/middleware/broker_client.hpp"

namespace rtctl {

PageReader::PageReader(const std::string& name) {
  if (network_options().domain)
    throw Failure{"only this host's threads can be seen: leave --domain out", kUsage};
  client_ = tactus::BrokerClient::connect({tactus::BrokerClient::Kind::kReader, name, ""});
  if (client_ == nullptr) throw Failure{"nothing is running"};
}

PageReader::~PageReader() = default;

std::vector<HostPage> PageReader::read(const std::optional<std::string>& group) {
  std::vector<HostPage> pages;
  for (const Process& process : parse_graph(client_->graph()).processes) {
    if (group && process.group != *group) continue;
    auto page = client_->map_page(process.id);
    if (page != nullptr && !tactus::used_workers(*page).empty()) pages.push_back({process, std::move(page)});
  }
  if (pages.empty())
    throw Failure{"no process that calls nodes is running" + (group ? in_group(*group) : std::string{})};
  return pages;
}

std::vector<HostPage> without_replaced(std::vector<HostPage> pages) {
  const std::vector<HostPage> all = pages;
  std::erase_if(pages, [&all](const HostPage& one) {
    return one.process.ended && std::any_of(all.begin(), all.end(), [&one](const HostPage& other) {
             return !other.process.ended && other.process.name == one.process.name &&
                    other.process.group == one.process.group;
           });
  });
  return pages;
}

std::vector<tactus::FlightProcess> read_flights(const std::vector<HostPage>& pages) {
  std::vector<tactus::FlightProcess> flights;
  for (const HostPage& one : pages) {
    tactus::FlightProcess flight = tactus::read_flight_process(*one.page);
    flight.name = one.process.name;
    flight.group = one.process.group;
    flight.pid = one.process.pid;
    flight.ended = one.process.ended;
    flights.push_back(std::move(flight));
  }
  return flights;
}

}  // namespace rtctl
