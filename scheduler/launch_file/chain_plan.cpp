// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner.hpp"
#include "tactus/middleware/names.hpp"
#include "tactus/msg/type_id.hpp"

namespace tactus::launch_file {
namespace {

std::vector<std::string> published_topics(const Draft& draft) {
  std::vector<std::string> topics(draft.document.external.begin(), draft.document.external.end());
  for (const auto& node : draft.plan.nodes) {
    for (const auto& port : node.description.ports)
      if (port.direction == PortDirection::kOutput) topics.push_back(node.topic_of(port));
  }
  return topics;
}

bool reads(const PlannedNode& node, const std::string& topic) {
  return std::ranges::any_of(node.description.ports, [&](const PortDescription& port) {
    return port.direction == PortDirection::kInput && node.topic_of(port) == topic;
  });
}

/// Names of the nodes on the shortest way of the data from one topic to another; empty when there is none.
std::vector<std::string> way_through(const std::vector<PlannedNode>& nodes, const std::string& first,
                                     const std::string& last) {
  std::map<std::string, std::vector<std::string>> ways{{first, {}}};
  std::vector<std::string> open{first};
  for (std::size_t next = 0; next < open.size(); ++next) {
    const std::string topic = open[next];
    for (const auto& node : nodes) {
      if (!reads(node, topic)) continue;
      for (const auto& port : node.description.ports) {
        if (port.direction != PortDirection::kOutput) continue;
        const auto [way, fresh] = ways.emplace(node.topic_of(port), ways.at(topic));
        if (!fresh) continue;
        way->second.push_back(node.host.settings.name);
        open.push_back(way->first);
      }
    }
  }
  const auto found = ways.find(last);
  return found == ways.end() ? std::vector<std::string>{} : found->second;
}

bool check_ends(const ChainEntry& chain, const std::vector<std::string>& published, Draft& draft) {
  bool known = true;
  for (const auto& [topic, at] : {chain.first, chain.last}) {
    if (std::ranges::find(published, topic) != published.end()) continue;
    known = false;
    draft.error(at, fmt::format("chain '{}': nothing publishes {}{}", chain.name, topic,
                                did_you_mean(topic, published)));
  }
  return known;
}

ChainSettings settings_of(const ChainEntry& chain) {
  const auto hash = fnv1a(chain.name + "|" + chain.first.value);
  const auto id = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  return {chain.name, std::max(id, 1U), chain.first.value, chain.last.value};
}

void plan_chain(const ChainEntry& chain, Draft& draft) {
  const std::string &first = chain.first.value, &last = chain.last.value;
  if (first == last) {
    return draft.error(chain.last.at,
                       fmt::format("chain '{}' begins and ends with {}: name two topics", chain.name, last));
  }
  auto way = way_through(draft.plan.nodes, first, last);
  if (way.empty()) {
    return draft.error(chain.at,
                       fmt::format("chain '{}': no data flows from {} to {}", chain.name, first, last));
  }
  draft.plan.chains.push_back({settings_of(chain), std::move(way)});
}

void warn_of_unknown_chains(const PlannedNode& node, Draft& draft) {
  std::vector<std::string> known;
  for (const auto& chain : draft.document.chains) known.push_back(chain.name);
  for (const auto& name : node.description.chains) {
    if (std::ranges::find(known, name) == known.end())
      draft.warn(
          node.location,
          fmt::format("{} asks for the chain '{}', which chains: does not declare{}: it sees no origins",
                      node.host.settings.name, name, did_you_mean(name, known)));
  }
}

}  // namespace

void plan_chains(Draft& draft) {
  const auto& chains = draft.document.chains;
  if (chains.size() > kMaxChains)
    draft.error(chains[kMaxChains].at,
                fmt::format("{} chains are declared, a launch has at most {}", chains.size(), kMaxChains));
  const auto published = published_topics(draft);
  for (const auto& chain : chains) {
    if (check_ends(chain, published, draft)) plan_chain(chain, draft);
  }
  for (const auto& node : draft.plan.nodes) warn_of_unknown_chains(node, draft);
}

}  // namespace tactus::launch_file
