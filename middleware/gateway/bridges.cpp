// SPDX-License-Identifier: Apache-2.0
#include "bridges.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace tactus::gateway {
namespace {

using dds::RemoteEndpoint;

constexpr const char* kOwnTopics = "/tactus/";

/// DDS rule: no partition is the empty one; names may be patterns on the other side.
bool in_partition(const RemoteEndpoint& endpoint, const std::string& group) {
  if (endpoint.partitions.empty()) return group.empty();
  return std::ranges::any_of(endpoint.partitions, [&](const std::string& partition) {
    return fnmatch(partition.c_str(), group.c_str(), 0) == 0;
  });
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Meeting {
  std::vector<const RemoteEndpoint*> endpoints;  ///< of the right name, type and partition
  std::string refusal;                           ///< of one that is wrong
  bool wrong_type = false;                       ///< told even when others meet
  [[nodiscard]] bool is_told() const { return wrong_type || (endpoints.empty() && !refusal.empty()); }
};

std::string participant_text(const RemoteEndpoint& endpoint) {
  constexpr std::size_t kPrefixBytes = 12;  // the rest is the same for all participants
  return fmt::format("DDS {:02x}", fmt::join(std::span{endpoint.participant}.first(kPrefixBytes), ""));
}

Meeting meet(const LocalTopic& topic, const std::vector<RemoteEndpoint>& remote, const Filter& filter,
             const char* what) {
  Meeting meeting;
  for (const auto& endpoint : remote) {
    if (endpoint.topic != dds_topic(topic.name)) continue;
    if (!in_partition(endpoint, filter.group)) {
      if (meeting.wrong_type) continue;
      meeting.refusal = fmt::format(
          "a remote {} is in {}, this group is {}", what,
          endpoint.partitions.empty() ? "the default group" : "group '" + endpoint.partitions.front() + "'",
          filter.group.empty() ? "the default one" : "'" + filter.group + "'");
    } else if (endpoint.type != dds_type(topic.type)) {
      meeting.wrong_type = true;
      meeting.refusal = fmt::format("type differs: {} here, a remote {} has {} ({})", topic.type, what,
                                    endpoint.type, participant_text(endpoint));
    } else {
      meeting.endpoints.push_back(&endpoint);
    }
  }
  return meeting;
}

}  // namespace

bool listed(const std::vector<std::string>& patterns, const std::string& topic) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    if (!pattern.ends_with('*')) return pattern == topic;
    return topic.starts_with(std::string_view{pattern}.substr(0, pattern.size() - 1));
  });
}

bool may_leave(const Filter& filter, const std::string& topic) {
  return !topic.starts_with(kOwnTopics) && (filter.exports.empty() || listed(filter.exports, topic));
}

std::vector<std::uint32_t> chains_of(const Filter& filter, const std::string& topic) {
  std::vector<std::uint32_t> ids;
  for (const ChainBegin& chain : filter.chains) {
    if (chain.topic == topic) ids.push_back(chain.id);
  }
  return ids;
}

int priority_of(const Filter& filter, const Bridge& bridge) {
  const Priority* best = nullptr;
  for (const Priority& one : filter.priorities) {
    if (listed({one.topic}, bridge.topic) && (best == nullptr || one.topic.size() > best->topic.size()))
      best = &one;
  }
  if (best != nullptr) return best->priority;
  return is_bulk(bridge) && !bridge.latched ? kBulkPriority : kKeep;
}

std::uint32_t dds_depth(std::uint64_t max_bytes) noexcept {
  constexpr std::uint64_t kBytes = std::uint64_t{8} << 20, kLeast = 4, kMost = 256;
  return static_cast<std::uint32_t>(
      std::clamp(kBytes / std::max<std::uint64_t>(max_bytes, 1), kLeast, kMost));
}

std::string ledger_writer_text(std::uint64_t id) { return fmt::format("export={};", id); }
std::uint64_t ledger_writer_of(std::string_view user_data) { return number(user_value(user_data, "export")); }

Bridges wanted_bridges(const std::vector<LocalTopic>& local,
                       const std::vector<RemoteEndpoint>& remote_readers,
                       const std::vector<RemoteEndpoint>& remote_writers, const Filter& filter) {
  Bridges bridges;
  for (const auto& topic : local) {
    if (topic.name.starts_with(kOwnTopics)) continue;
    if (topic.publishers > 0 && may_leave(filter, topic.name)) {
      const Meeting readers = meet(topic, remote_readers, filter, "subscriber");
      if (!readers.endpoints.empty())
        bridges.exports.push_back(
            {topic.name, topic.type, topic.type_id, topic.history > 0, true, topic.max_bytes, false});
      if (readers.is_told()) bridges.refusals.push_back({topic.name, readers.refusal});
    }
    if (topic.subscribers > 0 && (topic.publishers == 0 || listed(filter.imports, topic.name))) {
      const Meeting writers = meet(topic, remote_writers, filter, "publisher");
      if (writers.is_told()) bridges.refusals.push_back({topic.name, writers.refusal});
      Bridge bridge{topic.name, topic.type, topic.type_id, false, true, 0, writers.endpoints.empty()};
      bridge.latched = !bridge.waiting && std::ranges::all_of(writers.endpoints, &RemoteEndpoint::latched);
      bridge.reliable = std::ranges::all_of(writers.endpoints, &RemoteEndpoint::reliable);
      for (const auto* writer : writers.endpoints)
        bridge.max_bytes = std::max(bridge.max_bytes, number(user_value(writer->user_data, "max_bytes")));
      bridges.imports.push_back(std::move(bridge));
    }
  }
  return bridges;
}

}  // namespace tactus::gateway
