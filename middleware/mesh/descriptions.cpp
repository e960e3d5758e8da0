// SPDX-License-Identifier: Apache-2.0
#include "descriptions.hpp"

#include <string_view>

namespace tactus::mesh {
namespace {

constexpr std::size_t kPerRun = 32;  ///< of tail: prefix, terminator, alignment, the reference itself

std::size_t tail_of(const std::string& text) { return text.size() + kPerRun; }
std::size_t tail_of(const std::vector<std::string>& texts) {
  std::size_t bytes = kPerRun;
  for (const auto& text : texts) bytes += tail_of(text);
  return bytes;
}
std::size_t tail_of(const TopicUse& topic) {
  return sizeof(host_msgs::msg::TopicUse) + tail_of(topic.name) + tail_of(topic.type) +
         tail_of(topic.type_id) + tail_of(topic.publishers) + tail_of(topic.subscribers);
}

template <typename Sequence>
void assign(Sequence& to, const std::vector<std::string>& from) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = std::string_view{from[i]};
}
template <typename Sequence>
std::vector<std::string> texts(const Sequence& from) {
  std::vector<std::string> to;
  for (const auto& text : from) to.emplace_back(std::string_view{text});
  return to;
}
template <typename Text>
std::string text(const Text& from) {
  return std::string{std::string_view{from}};
}

}  // namespace

Message<host_msgs::msg::Host> to_message(const HostDescription& host, std::uint64_t id) {
  std::size_t tail = tail_of(host.name) + tail_of(host.addresses) + tail_of(host.nodes) + kPerRun;
  for (const auto& topic : host.topics) tail += tail_of(topic);
  Message<host_msgs::msg::Host> message{tail};
  message->id = id;
  message->name = std::string_view{host.name};
  assign(message->addresses, host.addresses);
  message->since_ns = host.since_ns;
  message->clock_id = host.clock_id;
  message->clock_rate = host.clock_rate;
  assign(message->nodes, host.nodes);
  message->topics.resize(host.topics.size());
  for (std::size_t i = 0; i < host.topics.size(); ++i) {
    const TopicUse& from = host.topics[i];
    auto& to = message->topics[i];
    to.name = std::string_view{from.name};
    to.type = std::string_view{from.type};
    to.type_id = std::string_view{from.type_id};
    assign(to.publishers, from.publishers);
    assign(to.subscribers, from.subscribers);
    to.exported = from.exported;
  }
  return message;
}

HostDescription to_description(const host_msgs::msg::Host& message) {
  HostDescription host{text(message.name),
                       texts(message.addresses),
                       message.since_ns,
                       message.clock_id,
                       message.clock_rate,
                       texts(message.nodes),
                       {}};
  for (const auto& from : message.topics)
    host.topics.push_back({text(from.name), text(from.type), text(from.type_id), texts(from.publishers),
                           texts(from.subscribers), from.exported});
  return host;
}

Message<host_msgs::msg::Ledger> to_message(const Ledger& ledger, std::uint64_t id) {
  std::size_t tail = 4 * kPerRun + ledger.clocks.size() * sizeof(host_msgs::msg::ClockOffset) +
                     ledger.canaries.size() * sizeof(host_msgs::msg::CanarySeen);
  for (const auto& entry : ledger.topics) tail += sizeof(host_msgs::msg::LedgerEntry) + tail_of(entry.topic);
  Message<host_msgs::msg::Ledger> message{tail};
  message->host = id;
  message->time_ns = ledger.time_ns;
  message->monotonic_ns = ledger.monotonic_ns;
  message->delay_ns = ledger.delay_ns;
  message->topics.resize(ledger.topics.size());
  for (std::size_t i = 0; i < ledger.topics.size(); ++i) {
    const LedgerEntry& from = ledger.topics[i];
    auto& to = message->topics[i];
    to.topic = std::string_view{from.topic};
    to.writer = from.writer;
    to.sent = from.sent;
    to.shed = from.shed;
    to.overwritten = from.overwritten;
    to.refused = from.refused;
    to.shedding = from.shedding;
    to.second.number = from.second.number;
    to.second.from = from.second.from;
    to.second.to = from.second.to;
    to.second.shed = from.second.shed;
    to.second.overwritten = from.second.overwritten;
    to.second.refused = from.second.refused;
  }
  message->clocks.resize(ledger.clocks.size());
  for (std::size_t i = 0; i < ledger.clocks.size(); ++i) {
    const LedgerClock& from = ledger.clocks[i];
    auto& to = message->clocks[i];
    to.host = from.host;
    to.offset_ns = from.offset_ns;
    to.uncertainty_ns = from.uncertainty_ns;
    to.round_trip_ns = from.round_trip_ns;
  }
  message->canaries.resize(ledger.canaries.size());
  for (std::size_t i = 0; i < ledger.canaries.size(); ++i) {
    message->canaries[i].host = ledger.canaries[i].host;
    message->canaries[i].number = ledger.canaries[i].number;
    message->canaries[i].received_ns = ledger.canaries[i].received_ns;
  }
  return message;
}

Ledger to_ledger(const host_msgs::msg::Ledger& message) {
  Ledger ledger{message.time_ns, message.monotonic_ns, message.delay_ns, {}, {}, {}};
  for (const auto& from : message.topics)
    ledger.topics.push_back({text(from.topic),
                             from.writer,
                             from.sent,
                             from.shed,
                             from.overwritten,
                             from.refused,
                             from.shedding,
                             {from.second.number, from.second.from, from.second.to, from.second.shed,
                              from.second.overwritten, from.second.refused}});
  for (const auto& from : message.clocks)
    ledger.clocks.push_back({from.host, from.offset_ns, from.uncertainty_ns, from.round_trip_ns});
  for (const auto& from : message.canaries)
    ledger.canaries.push_back({from.host, from.number, from.received_ns});
  return ledger;
}

}  // namespace tactus::mesh
