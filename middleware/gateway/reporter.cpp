// SPDX-License-Identifier: Apache-2.0
#include "reporter.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <host_msgs/msg/host_event.hpp>

#include "tactus/msg/dynamic_type.hpp"

namespace tactus::gateway {
namespace {

using host_msgs::msg::HostEvent;

constexpr std::int64_t kLedgerEveryNs = 100'000'000;
constexpr std::int64_t kStatusEveryNs = 250'000'000;
constexpr std::int64_t kAskAgainNs = 10'000'000'000;
constexpr std::int64_t kAnswerLimitNs = 300'000'000;
constexpr std::size_t kEventBytes = 1024;

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::unique_ptr<UntypedPublisher> event_publisher(Transport& transport) {
  PublisherOptions options;
  options.node = kNodeName;
  options.topic = Reporter::kEventTopic;
  options.type = &type_info<HostEvent>();
  options.history = kMaxHistory;
  options.max_loans = 1;
  options.max_bytes = kEventBytes;
  return transport.create_publisher(options);
}

const char* text_of(mesh::HostChange::What what) {
  switch (what) {
    case mesh::HostChange::What::kJoined:
      return "joined";
    case mesh::HostChange::What::kLeft:
      return "left";
    case mesh::HostChange::What::kLost:
      return "was lost: nothing is heard of it";
  }
  return "";
}

}  // namespace

Reporter::Reporter(BrokerClient& broker, Transport& transport, mesh::Mesh& mesh,
                   const dds::DomainSettings& domain, const Filter& filter, Log log)
    : broker_{broker},
      mesh_{mesh},
      domain_{domain},
      filter_{filter},
      log_{std::move(log)},
      events_{event_publisher(transport)} {
  const GroupClock clock = group_clock();
  own_.name = host_name();
  for (const auto& address : mesh::host_addresses(domain.interface))
    own_.addresses.push_back(address.interface + " " + address.address);
  own_.since_ns = to_ns(group_now());
  own_.clock_id = clock.id;
}

void Reporter::report(const Look& look) {
  const std::int64_t now_ns = monotonic_ns();
  tell_host(look);
  tell_changes();
  if (now_ns >= ledger_at_ns_) {
    ledger_at_ns_ = now_ns + kLedgerEveryNs;
    tell_ledger(look);
    balance(look);
  }
  if (now_ns < status_at_ns_) return;
  status_at_ns_ = now_ns + kStatusEveryNs;
  tell_clocks();
  tell_status(look);
}

void Reporter::tell_host(const Look& look) {
  own_.clock_rate = group_clock().rate;
  own_.nodes = look.local.nodes;
  own_.topics = look.local.uses;
  for (auto& topic : own_.topics) topic.exported = may_leave(filter_, topic.name);
  mesh_.say(own_);
}

void Reporter::tell_ledger(const Look& look) {
  mesh::Ledger ledger;
  ledger.delay_ns = look.delay_ns;
  ledger.topics = seconds_.look(look.outbound, monotonic_ns());
  mesh_.say(std::move(ledger));
}

void Reporter::balance(const Look& look) {
  judged_.clear();
  for (const auto& host : mesh_.hosts()) {
    for (const auto& entry : host.ledger.topics) {
      const auto topic = std::ranges::find(look.inbound, entry.topic, &InboundStatus::topic);
      if (topic == look.inbound.end()) continue;
      const auto writer = std::ranges::find(topic->writers, entry.writer, &RemoteWriter::writer);
      if (writer == topic->writers.end()) continue;
      if (const auto judged = balances_.look(entry.writer, entry.second, writer->arrivals))
        judged_.emplace(entry.writer, *judged);
    }
  }
}

void Reporter::tell_changes() {
  for (const auto& change : mesh_.take_changes()) {
    log_(fmt::format("host {} {}", change.name, text_of(change.what)));
    publish(change);
  }
}

void Reporter::publish(const mesh::HostChange& change) {
  Chunk* chunk = events_->loan();
  if (chunk == nullptr) return;
  auto* event = construct_block<HostEvent>(chunk->bytes, chunk->size);
  set_stamp(event->stamp, group_now());
  event->event = static_cast<std::uint8_t>(change.what);
  // What a name of the network is too long for is left out.
  static_cast<void>(event->name.try_assign(change.name));
  if (event->addresses.try_resize(change.addresses.size())) {
    for (std::size_t i = 0; i < change.addresses.size(); ++i)
      static_cast<void>(event->addresses[i].try_assign(change.addresses[i]));
  }
  chunk->header->block_bytes = block_used(chunk->bytes);
  events_->publish(*chunk);
}

void Reporter::tell_clocks() {
  std::vector<RemoteClock> clocks;
  for (const auto& host : mesh_.hosts()) {
    // At another rate the offset is another one a moment later.
    if (!host.clock || host.about.clock_id == 0 || host.about.clock_rate != own_.clock_rate) continue;
    clocks.push_back(
        {host.about.clock_id, host.clock->offset_ns, host.clock->uncertainty_ns, host.clock->measured_ns});
  }
  if (clocks == clocks_) return;
  clocks_ = clocks;
  broker_.set_remote_clocks(clocks);
}

void Reporter::tell_status(const Look& look) {
  Status status{own_.name, domain_.domain, domain_.interface, mesh_.hosts(), look.outbound, look.inbound,
                {},        look.refusals,  mesh_.malformed(), look.delay_ns, judged_};
  status.edges = network_edges(own_.name, own_.topics, status.hosts, filter_,
                               [&](const std::string& here, const std::string& there) {
                                 return difference(look.local.types, here, there);
                               });
  broker_.set_status(to_json(status));
}

/// Asks the other host for its definition, once in a while.
std::string Reporter::difference(const std::map<std::string, std::string>& types, const std::string& here,
                                 const std::string& there) {
  Known& known = differences_[{here, there}];
  if (!known.text.empty() || monotonic_ns() < known.ask_again_ns || !types.contains(here)) return known.text;
  known.ask_again_ns = monotonic_ns() + kAskAgainNs;
  try {
    const DynamicType ours = DynamicType::parse(types.at(here));
    for (const auto& [host, answer] : mesh_.ask("type " + there, 0, kAnswerLimitNs)) {
      if (answer != "{}") known.text = first_difference(ours.info(), DynamicType::parse(answer).info());
    }
  } catch (const std::exception& problem) {
    known.text = problem.what();  // it comes from the network
  }
  return known.text;
}

}  // namespace tactus::gateway
